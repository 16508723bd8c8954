// What an expression of a node can read, for completion. Says what is likely; what is right is the server's check to say.
import { type Config, type Draft, type DraftNode, isObject } from './draft';
import { before } from './reach';

/** What a value is: a record of an object, something with named parts, or one of neither. */
export type Shape =
  { readonly object: string } | { readonly parts: Readonly<Record<string, Part>> } | { readonly leaf: string };

/** A named part of a value. */
export interface Part {
  readonly shape: Shape;
  readonly about?: string;
}

/** The fields of each object. */
export type Objects = ReadonlyMap<string, Readonly<Record<string, Part>>>;

/** Something that can come next in an expression. */
export interface Proposal {
  readonly name: string;
  /** What it is, in a word. */
  readonly type: string;
  readonly about: string | undefined;
}

const leaf = (name: string, about?: string): Part => ({ shape: { leaf: name }, ...(about && { about }) });
const ANYTHING: Part = leaf('any');

/** The variables that reach a node. */
export function variables(draft: Draft, key: string): Readonly<Record<string, Part>> {
  const node = draft.nodes.find((one) => one.key === key);
  const earlier = before(draft.edges, key);
  const upstream = draft.nodes.filter((one) => earlier.has(one.key));
  const triggers = [...upstream, ...(node ? [node] : [])].filter(isTrigger);
  const record = recordOf(triggers);
  const candidate = node?.kind === 'findRecords' ? objectOf(node.config) : undefined;
  return {
    record: { shape: candidate ?? record, about: candidate ? 'the candidate' : 'the record that started the run' },
    previous: { shape: record, about: 'the record before the change' },
    trigger: { shape: { parts: triggerParts(triggers, record) }, about: 'what started the run' },
    ...(upstream.length > 0 && { steps: stepsPart(upstream, draft) }),
    ...(upstream.some((one) => one.kind === 'forEach') && { item: ANYTHING, index: leaf('int', 'its number from 0') }),
    now: leaf('timestamp', 'when the step runs'),
    run: { shape: { parts: { id: leaf('string'), startedAt: leaf('timestamp') } } },
    workflow: { shape: { parts: { id: leaf('string'), name: leaf('string') } } },
  };
}

/** What can follow a path such as `record.company.`; of an empty path, the variables. */
export function proposals(
  scope: Readonly<Record<string, Part>>,
  objects: Objects,
  path: readonly string[],
): readonly Proposal[] {
  const reached = path.reduce<Readonly<Record<string, Part>>>(
    (known, name) => (Object.hasOwn(known, name) ? partsOf(known[name], objects) : {}),
    scope,
  );
  return Object.entries(reached).map(([name, { shape, about }]) => ({ name, type: typeName(shape), about }));
}

function partsOf(part: Part | undefined, objects: Objects): Readonly<Record<string, Part>> {
  if (part === undefined) return {};
  if ('parts' in part.shape) return part.shape.parts;
  return 'object' in part.shape ? (objects.get(part.shape.object) ?? {}) : {};
}

function typeName(shape: Shape): string {
  if ('object' in shape) return shape.object;
  return 'leaf' in shape ? shape.leaf : 'map';
}

const TRIGGERS = new Set([
  'recordCreated',
  'recordUpdated',
  'recordDeleted',
  'manual',
  'called',
  'schedule',
  'dateReached',
  'webhook',
  'messageReceived',
]);
const isTrigger = (node: DraftNode): boolean => TRIGGERS.has(node.kind);

const objectOf = (config: Config): Shape | undefined =>
  typeof config['object'] === 'string' ? { object: config['object'] } : undefined;

function recordOf(triggers: readonly DraftNode[]): Shape {
  const found = triggers.map((one) => (one.kind === 'messageReceived' ? { object: 'message' } : objectOf(one.config)));
  return found.find((one) => one !== undefined) ?? { leaf: 'record' };
}

function triggerParts(triggers: readonly DraftNode[], record: Shape): Readonly<Record<string, Part>> {
  const form = triggers.flatMap((one) => named(one.config['form']));
  const inputs = triggers.flatMap((one) => named(one.config['parameters']));
  const payload = triggers.map((one) => one.config['payload']).find(isObject);
  return {
    key: leaf('string'),
    kind: leaf('string'),
    at: leaf('timestamp', 'when it started'),
    record: { shape: record },
    previous: { shape: record },
    changed: leaf('list', 'the names of the fields that changed'),
    ...(form.length > 0 && { form: { shape: { parts: anythings(form) }, about: 'the answers' } }),
    ...(inputs.length > 0 && { inputs: { shape: { parts: anythings(inputs) }, about: 'what the caller handed over' } }),
    ...(triggers.some((one) => one.kind === 'webhook') && {
      payload: { shape: schemaShape(payload), about: 'what was sent' },
    }),
  };
}

/** The names in a list of `{ name }`. */
function named(list: unknown): string[] {
  const all = Array.isArray(list) ? list : [];
  return all.flatMap((one) => (isObject(one) && typeof one['name'] === 'string' ? [one['name']] : []));
}

const anythings = (names: readonly string[]): Readonly<Record<string, Part>> =>
  Object.fromEntries(names.map((name) => [name, ANYTHING]));

/** What a JSON Schema describes. */
function schemaShape(schema: unknown): Shape {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  if (!isObject(properties))
    return { leaf: isObject(schema) && typeof schema['type'] === 'string' ? schema['type'] : 'any' };
  return {
    parts: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, { shape: schemaShape(one) }])),
  };
}

function stepsPart(upstream: readonly DraftNode[], draft: Draft): Part {
  const steps = upstream.filter((one) => !isTrigger(one)).map((one) => [one.key, step(one, draft)]);
  return { shape: { parts: Object.fromEntries(steps) }, about: 'what earlier steps gave' };
}

function step(node: DraftNode, draft: Draft): Part {
  return { shape: { parts: { output: { shape: output(node, draft) } } }, about: node.name ?? node.kind };
}

const parts = (map: Readonly<Record<string, Part>>): Shape => ({ parts: map });

/** What a node gives to those behind it. */
function output(node: DraftNode, draft: Draft): Shape {
  const { config } = node;
  switch (node.kind) {
    case 'createRecord':
    case 'upsertRecord':
    case 'updateRecord':
    case 'deleteRecord':
      return objectOf(config) ?? recordOf(draft.nodes.filter(isTrigger));
    case 'createTask':
      return { object: 'task' };
    case 'addNote':
      return { object: 'note' };
    case 'findRecords':
      return parts({
        records: leaf('list'),
        first: { shape: objectOf(config) ?? { leaf: 'record' } },
        count: leaf('int'),
      });
    case 'set':
      return parts(anythings(Object.keys(isObject(config['values']) ? config['values'] : {})));
    case 'forEach':
      return parts({ count: leaf('int'), failed: leaf('int') });
    case 'callWorkflow':
      return parts({ run: leaf('string'), outputs: ANYTHING });
    case 'waitFor':
      return parts({
        record: { shape: objectOf(config) ?? recordOf(draft.nodes.filter(isTrigger)) },
        message: { shape: { object: 'message' } },
      });
    case 'approval':
      return parts({
        decision: leaf('string'),
        by: { shape: { object: 'user' } },
        comment: leaf('string'),
        form: { shape: { parts: anythings(named(config['form'])) } },
      });
    case 'assign':
      return parts({ assignee: { shape: { object: 'user' } } });
    case 'notify':
      return parts({ count: leaf('int') });
    case 'sendEmail':
      return parts({ message: { shape: { object: 'message' } }, messageId: leaf('string') });
    case 'sendSms':
      return parts({ message: { shape: { object: 'message' } }, providerId: leaf('string') });
    case 'httpRequest':
      return parts({ status: leaf('int'), headers: ANYTHING, body: { shape: schemaShape(config['responseSchema']) } });
    default:
      return { leaf: 'null' };
  }
}
