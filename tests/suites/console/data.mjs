// Made-up data that shows every state the console can show. Times are fixed, so that pictures can be compared.

const at = (seconds) => new Date(Date.UTC(2026, 2, 3, 9, 0, 0) + seconds * 1000).toISOString();

const node = (key, kind, name, ports, summary, configJson = {}) => ({
  key, kind, name, ports, summary, configJson, disabled: false, position: null,
});
const edge = (from, port, to) => ({ id: `${from}.${port}.${to}`, from, port, to });

const definition = {
  nodes: [
    node('won', 'recordUpdated', 'Deal is won', ['out'], 'deal: stage', { object: 'deal', fields: ['stage'] }),
    node('hand', 'manual', null, ['out'], 'deal', { object: 'deal', form: [{ name: 'days', label: 'Days', input: 'number' }] }),
    node('big', 'if', 'A large deal?', ['yes', 'no'], 'record.amount > 10000', { condition: 'record.amount > 10000' }),
    node('mail', 'sendEmail', 'Thank the buyer, in person and at some length', ['done', 'error'], '{{ record.contact.email }}'),
    node('wait', 'waitFor', 'Customer answers', ['happened', 'timedOut'], 'within P7D'),
    node('call', 'httpRequest', 'Tell accounting', ['done', 'error'], 'POST https://accounting.example/deals'),
    node('task', 'createTask', null, ['done', 'error'], 'Onboard {{ record.name }}'),
    node('note', 'createTask', 'Look into it', ['done', 'error'], 'The mail bounced'),
    node('both', 'join', null, ['out'], 'all'),
    node('old', 'updateRecord', 'Remind', ['done', 'error'], 'company'),
    node('odd', 'teleport', null, ['done'], ''),
  ],
  edges: [
    edge('won', 'out', 'big'),
    edge('hand', 'out', 'big'),
    edge('big', 'yes', 'mail'),
    edge('big', 'no', 'task'),
    edge('mail', 'done', 'wait'),
    edge('mail', 'error', 'note'),
    edge('wait', 'happened', 'both'),
    edge('wait', 'timedOut', 'old'),
    edge('big', 'yes', 'call'),
    edge('call', 'done', 'both'),
    edge('both', 'out', 'odd'),
  ],
  json: {},
};

const problems = [
  { node: 'mail', edge: null, field: 'to', code: 'UNKNOWN_FIELD', message: 'unknown field `emial`', severity: 'ERROR', suggestion: 'email', start: 0, end: 5 },
  { node: 'odd', edge: null, field: null, code: 'UNKNOWN_KIND', message: 'this server knows no kind `teleport`', severity: 'WARNING', suggestion: null, start: null, end: null },
];

const version = { __typename: 'WorkflowVersion', id: 'version_1', number: 4, definition, publishedAt: at(-86_400), publishedBy: null };

const workflow = (id, name, state, activeVersion, mistakes = []) => ({
  __typename: 'Workflow', id, name, state, activeVersion, problems: mistakes, description: null, timeZone: 'Europe/Berlin',
  draft: definition, draftVersion: 7, createdAt: at(-200_000), updatedAt: at(-86_400),
});

export const workflows = [
  workflow('workflow_1', 'Closed won', 'ACTIVE', version, problems),
  workflow('workflow_2', 'Welcome drip', 'PAUSED', { ...version, id: 'version_2', number: 1 }),
  workflow('workflow_3', 'A draft with a rather long name that has to fit somewhere', 'DRAFT', null, problems.slice(0, 1)),
];

const step = (number, key, status, more = {}) => ({
  number, node: key, step: key, status, attempt: 1, port: null, input: null, output: null, error: null,
  startedAt: at(number), finishedAt: at(number + 1), ...more,
});

const run = (id, status, more = {}) => ({
  __typename: 'Run', id, status, workflow: workflows[0], version, trigger: 'won',
  record: { __typename: 'Deal', id: 'deal_1', name: 'Northwind, 40 seats' }, error: null, depth: 0, causedBy: {},
  createdAt: at(0), startedAt: at(0), updatedAt: at(40), finishedAt: null,
  steps: [
    step(1, 'big', 'SUCCEEDED', { port: 'yes', input: { condition: 'record.amount > 10000' }, output: null }),
    step(2, 'mail', 'SUCCEEDED', { port: 'done', input: { to: 'ada@northwind.example', subject: 'Thank you' }, output: { messageId: '<1@crm.example>' } }),
    step(3, 'call', 'RETRYING', { attempt: 3, error: { code: 'NOT_SENT', message: 'connection refused' } }),
  ],
  ...more,
});

export const runs = [
  run('run_1', 'FAILED', { finishedAt: at(9), error: 'Tell accounting: connection refused' }),
  run('run_2', 'CANCELLED', { finishedAt: at(80_000) }),
  run('run_3', 'SUCCEEDED', { finishedAt: at(0.84) }),
  run('run_4', 'WAITING'),
  run('run_5', 'RUNNING'),
];

const events = (...list) => list.map(([type, more], index) => ({ __typename: type, seq: index + 1, at: at(index * 2), step: more.node, ...more }));
const refused = { code: 'NOT_SENT', message: 'connection refused' };

/** What each run's stream tells. */
export const streams = new Map([
  ['run_5', events(
    ['RunStarted', { trigger: 'won' }],
    ['StepSucceeded', { node: 'big', port: 'yes' }],
    ['StepSkipped', { node: 'task' }],
    ['StepStarted', { node: 'mail', attempt: 1 }],
    ['StepSucceeded', { node: 'mail', port: 'done' }],
    ['StepSkipped', { node: 'note' }],
    ['StepWaiting', { node: 'wait', until: at(604_800) }],
    ['StepFailed', { node: 'call', attempt: 2, final: false, error: refused }],
    ['StepRetrying', { node: 'call', attempt: 3, dueAt: at(90) }],
    ['StepStarted', { node: 'odd', attempt: 1 }],
  )],
  ['run_1', events(
    ['RunStarted', { trigger: 'won' }],
    ['StepSucceeded', { node: 'big', port: 'yes' }],
    ['StepSkipped', { node: 'task' }],
    ['StepUnknown', { node: 'mail', message: 'the server hung up after the text' }],
    ['StepFailed', { node: 'call', attempt: 15, final: true, error: refused }],
    ['RunFinished', { status: 'FAILED' }],
  )],
]);

const kind = (name, label, family) => ({ __typename: 'NodeKind', kind: name, label, family, description: '', ports: [] });

export const kinds = [
  kind('recordUpdated', 'Record is changed', 'TRIGGER'),
  kind('manual', 'Started by hand', 'TRIGGER'),
  kind('if', 'If', 'LOGIC'),
  kind('join', 'Join', 'LOGIC'),
  kind('waitFor', 'Wait for', 'WAIT'),
  kind('sendEmail', 'Send an e-mail', 'ACTION'),
  kind('httpRequest', 'Call a web service', 'ACTION'),
  kind('createTask', 'Create a task', 'ACTION'),
  kind('updateRecord', 'Change a record', 'ACTION'),
];

export const viewer = { role: 'ADMIN', user: { __typename: 'User', id: 'user_1', name: 'Ada Abbas', email: 'ada@example.com' } };
