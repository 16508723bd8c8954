import { expect, test } from 'vitest';

import { clipOf, copied, pasted } from './clip';
import { differences } from './compare';
import { type Draft, type Shapes, draftOf, fileOf, portsOf } from './draft';
import { add, configure, connect, describe as tell, move, newKey, placed, refusal, remove, tidied } from './edit';
import { STEPS, begun, redone, stepped, undone } from './history';

const SHAPES: Shapes = new Map([
  ['manual', { label: 'By hand', family: 'TRIGGER', ports: ['out'] }],
  ['if', { label: 'If', family: 'LOGIC', ports: ['yes', 'no'] }],
  ['switch', { label: 'Switch', family: 'LOGIC', ports: ['otherwise'] }],
  ['stop', { label: 'Stop', family: 'LOGIC', ports: [] }],
  ['sendEmail', { label: 'Mail', family: 'ACTION', ports: ['done', 'error'] }],
]);

const FILE = {
  format: 1,
  nodes: [
    { key: 'start', kind: 'manual', config: {}, position: { x: 0, y: 0 } },
    { key: 'big', kind: 'if', config: { condition: 'record.amount > 1' }, position: { x: 0, y: 128 } },
    { key: 'mail', kind: 'sendEmail', config: { text: '{{ steps.big.output }}' }, position: { x: 0, y: 256 } },
  ],
  edges: [
    { from: 'start', to: 'big' },
    { from: 'big', port: 'yes', to: 'mail' },
  ],
};

function draft(file: unknown = FILE): Draft {
  const read = draftOf(file, SHAPES);
  if (read === undefined) throw new Error('not a workflow');
  return read;
}

const cases = (name: string) => [{ name, condition: 'true' }];
const across = (of: Draft, key: string) => of.nodes.find((node) => node.key === key)?.position?.x ?? Number.NaN;
const lines = (of: Draft): string[] => of.edges.map(({ from, port, to }) => `${from}.${port}>${to}`);
const done = (result: ReturnType<typeof connect>): Draft => {
  if ('refused' in result) throw new Error(result.refused);
  return result;
};

test('an edge that names no port leaves by the only way there is', () => {
  expect(lines(draft())).toEqual(['start.out>big', 'big.yes>mail']);
});

test('a file is the same after it was read', () => {
  const file = fileOf(draft());

  expect(fileOf(draft(JSON.parse(JSON.stringify(file))))).toEqual(file);
});

test('what is no workflow is not read as one', () => {
  for (const wrong of [null, [], { nodes: 1 }, { nodes: [{ key: 'a' }] }])
    expect(draftOf(wrong, SHAPES)).toBeUndefined();
});

test('a new node behind a port is connected and lies on no other', () => {
  const { draft: grown, key } = add(draft(), SHAPES, 'sendEmail', { way: { from: 'big', port: 'no' } });

  expect(key).toBe('sendEmail');
  expect(lines(grown)).toContain('big.no>sendEmail');
  const places = grown.nodes.map((node) => `${node.position?.x} ${node.position?.y}`);
  expect(new Set(places).size).toBe(grown.nodes.length);
});

test('a new node on an edge parts it, and what follows makes room', () => {
  const { draft: grown, key } = add(draft(), SHAPES, 'sendEmail', { edge: draft().edges[0]?.id ?? '' });

  expect(lines(grown).toSorted()).toEqual(['big.yes>mail', `${key}.done>big`, `start.out>${key}`]);
  expect(grown.nodes.find((node) => node.key === 'big')?.position?.y).toBe(256);
});

test('a node without a way out ends the edge that it is put on', () => {
  const { draft: grown } = add(draft(), SHAPES, 'stop', { edge: draft().edges[0]?.id ?? '' });

  expect(lines(grown)).toEqual(['big.yes>mail', 'start.out>stop']);
});

test('keys are never taken twice, nor words of the expressions’ language', () => {
  expect(newKey(new Set(['sendEmail', 'sendEmail2']), 'sendEmail')).toBe('sendEmail3');
  expect(newKey(new Set(), 'if')).toBe('condition');
});

test('what would make a circle, enter a trigger or repeat an edge is refused with the reason', () => {
  const reason = (from: string, port: string, to: string) => refusal(draft(), SHAPES, { from, port, to });

  expect(reason('mail', 'done', 'big')).toMatch(/circle/);
  expect(reason('mail', 'done', 'mail')).toMatch(/itself/);
  expect(reason('mail', 'done', 'start')).toMatch(/trigger/);
  expect(reason('big', 'yes', 'mail')).toMatch(/already/);
  expect(reason('big', 'no', 'gone')).toMatch(/gone/);
  expect(reason('big', 'no', 'mail')).toBeUndefined();
  expect(connect(draft(), SHAPES, { from: 'mail', port: 'done', to: 'big' })).toHaveProperty('refused');
});

test('taking a node away joins what it stood between', () => {
  expect(lines(remove(draft(), SHAPES, new Set(['big'])))).toEqual(['start.out>mail']);
});

test('taking a fork away leaves its branches loose', () => {
  const forked = done(
    connect(add(draft(), SHAPES, 'stop', { at: { x: 400, y: 400 } }).draft, SHAPES, {
      from: 'big',
      port: 'no',
      to: 'stop',
    }),
  );

  expect(lines(remove(forked, SHAPES, new Set(['big'])))).toEqual([]);
});

test('cards move on the grid', () => {
  const moved = move(draft(), new Map([['big', { x: 39, y: 41 }]]));

  expect(moved.nodes[1]?.position).toEqual({ x: 32, y: 48 });
});

test('edges follow a case that is renamed', () => {
  const one = draft({
    nodes: [
      { key: 's', kind: 'switch', config: { cases: cases('a') } },
      { key: 'mail', kind: 'sendEmail' },
    ],
    edges: [{ from: 's', port: 'a', to: 'mail' }],
  });
  const renamed = configure(one, 's', 'cases', cases('b'));

  expect(lines(renamed)).toEqual(['s.b>mail']);
  expect(renamed.nodes.map((node) => portsOf(SHAPES, node))).toEqual([
    ['b', 'otherwise'],
    ['done', 'error'],
  ]);
});

test('what is taken back of a node leaves no trace in the file', () => {
  const changed = configure(tell(draft(), 'mail', 'name', 'Write'), 'mail', 'subject', 'Hello');

  expect(tell(configure(changed, 'mail', 'subject', undefined), 'mail', 'name', '')).toEqual(draft());
});

test('pasted nodes get keys of their own and speak of each other by them', () => {
  const clip = clipOf(copied(draft(), new Set(['big', 'mail'])), SHAPES);
  const { draft: grown, keys } = pasted(draft(), clip ?? draft());

  expect(keys).toEqual(['big2', 'mail2']);
  expect(lines(grown)).toContain('big2.yes>mail2');
  expect(grown.nodes.at(-1)?.config).toEqual({ text: '{{ steps.big2.output }}' });
});

test('a text that is no workflow is not pasted', () => {
  expect(clipOf('hello', SHAPES)).toBeUndefined();
  expect(clipOf('{"a":1}', SHAPES)).toBeUndefined();
});

test('tidying keeps yes left of no', () => {
  const forked = add(draft(), SHAPES, 'stop', { way: { from: 'big', port: 'no' } }).draft;
  const crossed = move(forked, new Map([['mail', { x: 900, y: 256 }]]));

  expect(across(tidied(crossed, SHAPES), 'mail')).toBeLessThan(across(tidied(crossed, SHAPES), 'stop'));
});

test('every node of a file without places gets one', () => {
  const bare = draft({ ...FILE, nodes: FILE.nodes.map(({ position: _, ...node }) => node) });

  expect(placed(bare, SHAPES).nodes.every((node) => node.position !== undefined)).toBe(true);
});

test('a hundred steps can be taken back, and forth again', () => {
  let history = begun(0);
  for (let step = 1; step <= STEPS + 20; step += 1) history = stepped(history, step);
  for (let step = 0; step < STEPS + 20; step += 1) history = undone(history);
  expect(history.present).toBe(20);

  for (let step = 0; step < STEPS; step += 1) history = redone(history);
  expect(history.present).toBe(STEPS + 20);
});

test('steps about the same thing are taken back as one, and a new step ends what could be redone', () => {
  const typed = stepped(stepped(begun('a'), 'ab', 'name'), 'abc', 'name');
  expect(undone(typed).present).toBe('a');

  const other = stepped(undone(typed), 'x');
  expect(redone(other)).toBe(other);
});

test('differences tell nodes, fields and edges, and not places', () => {
  const moved = move(draft(), new Map([['big', { x: 500, y: 500 }]]));
  expect(differences(draft(), moved)).toEqual([]);

  const changed = configure(remove(moved, SHAPES, new Set(['mail'])), 'big', 'condition', 'true');
  expect(differences(draft(), changed)).toEqual([
    { what: 'changed', thing: 'big', fields: ['condition'] },
    { what: 'removed', thing: 'mail', fields: [] },
    { what: 'removed', thing: 'big · yes → mail', fields: [] },
  ]);
});
