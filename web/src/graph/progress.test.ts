import { expect, test } from 'vitest';

import { NOTHING, type RunEvent, advance, edgeState, nodeProgress } from './progress';
import type { Graph } from './shape';

type Told<Event> = Event extends RunEvent ? Omit<Event, 'seq' | 'at'> : never;

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Numbers events and puts a second between them. */
function told(...events: Told<RunEvent>[]): RunEvent[] {
  return events.map((event, index) => ({ ...event, seq: index + 1, at: at(index) }) as RunEvent);
}

const start = { __typename: 'RunStarted', trigger: 'won' } as const;
const of = (node: string) => ({ step: node, node });
const error = { code: 'REFUSED', message: 'refused' };

const graph: Graph = {
  nodes: [
    { key: 'won', ports: ['out'] },
    { key: 'big', ports: ['yes', 'no'] },
    { key: 'mail', ports: ['done', 'error'] },
  ],
  edges: [
    { id: 'e1', from: 'won', port: 'out', to: 'big' },
    { id: 'e2', from: 'big', port: 'yes', to: 'mail' },
    { id: 'e3', from: 'big', port: 'no', to: 'mail' },
    { id: 'e4', from: 'mail', port: 'error', to: 'won' },
  ],
};

function edges(events: RunEvent[]): string[] {
  const progress = advance(NOTHING, events);
  return graph.edges.map((edge) => edgeState(graph, progress, edge));
}

test('a node is pending until the run comes to it', () => {
  const progress = advance(NOTHING, told(start));

  expect(nodeProgress(progress, 'big').status).toBe('PENDING');
  expect(nodeProgress(progress, 'won').status).toBe('SUCCEEDED');
  expect(progress.status).toBe('RUNNING');
});

test('the edge of the port that was left by is taken, the others are skipped', () => {
  const before = edges(told(start));
  const after = edges(told(start, { __typename: 'StepSucceeded', ...of('big'), port: 'yes' }));

  expect(before).toEqual(['taken', 'open', 'open', 'open']);
  expect(after).toEqual(['taken', 'taken', 'skipped', 'open']);
});

test('a failure that an error port handles goes that way', () => {
  const failed = { __typename: 'StepFailed', ...of('mail'), attempt: 1, final: true, error } as const;

  expect(edges(told(start, failed)).at(3)).toBe('taken');
});

test('a retry shows the attempt, the reason and when it is due', () => {
  const progress = advance(
    NOTHING,
    told(
      start,
      { __typename: 'StepStarted', ...of('mail'), attempt: 1 },
      { __typename: 'StepFailed', ...of('mail'), attempt: 1, final: false, error },
      { __typename: 'StepRetrying', ...of('mail'), attempt: 2, dueAt: '2030-01-01T00:00:00Z' },
    ),
  );

  expect(nodeProgress(progress, 'mail')).toMatchObject({
    status: 'RETRYING',
    attempt: 2,
    error: 'refused',
    until: '2030-01-01T00:00:00Z',
  });
  expect(progress.status).toBe('WAITING');
});

test('a step that succeeds after a failure has no error left', () => {
  const progress = advance(
    NOTHING,
    told(
      start,
      { __typename: 'StepFailed', ...of('mail'), attempt: 1, final: false, error },
      { __typename: 'StepStarted', ...of('mail'), attempt: 2 },
      { __typename: 'StepSucceeded', ...of('mail'), port: 'done' },
    ),
  );

  expect(nodeProgress(progress, 'mail')).toMatchObject({ status: 'SUCCEEDED', attempt: 2, error: undefined });
});

test('a wait that is over no longer says when it ends', () => {
  const progress = advance(
    NOTHING,
    told(
      start,
      { __typename: 'StepWaiting', ...of('big'), until: '2030-01-01T00:00:00Z' },
      { __typename: 'StepSucceeded', ...of('big'), port: 'yes' },
    ),
  );

  expect(nodeProgress(progress, 'big').until).toBeUndefined();
  expect(progress.status).toBe('RUNNING');
});

test('a run waits only while nothing else in it runs', () => {
  const waiting = { __typename: 'StepWaiting', ...of('big') } as const;
  const running = { __typename: 'StepStarted', ...of('mail'), attempt: 1 } as const;

  expect(advance(NOTHING, told(start, running, waiting)).status).toBe('RUNNING');
  expect(advance(NOTHING, told(start, waiting)).status).toBe('WAITING');
});

test('events that were heard before change nothing', () => {
  const events = told(start, { __typename: 'StepStarted', ...of('big'), attempt: 1 });
  const once = advance(NOTHING, events);

  expect(advance(once, events)).toBe(once);
  expect(advance(advance(NOTHING, events.slice(0, 1)), events)).toEqual(once);
});

test('one by one or at once, the events tell the same', () => {
  const events = told(
    start,
    { __typename: 'StepStarted', ...of('big'), attempt: 1 },
    { __typename: 'StepSucceeded', ...of('big'), port: 'no' },
    { __typename: 'StepSkipped', ...of('mail') },
    { __typename: 'RunFinished', status: 'SUCCEEDED' },
  );

  const singly = events.reduce((progress, event) => advance(progress, [event]), NOTHING);

  expect(singly).toEqual(advance(NOTHING, events));
  expect(singly.status).toBe('SUCCEEDED');
});
