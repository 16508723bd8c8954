import { expect, test } from 'vitest';

import { CARD, tidy } from './layout';
import type { Graph, GraphEdge, Point } from './shape';

/** `a.yes>b` is an edge from a's port yes to b; ports are those of the table. */
function graph(nodes: Record<string, string[]>, ...edges: string[]): Graph {
  return {
    nodes: Object.entries(nodes).map(([key, ports]) => ({ key, ports })),
    edges: edges.map((text): GraphEdge => {
      const [source = '', to = ''] = text.split('>');
      const [from = '', port = 'out'] = source.split('.');
      return { id: text, from, port, to };
    }),
  };
}

const at = (cards: ReadonlyMap<string, Point>, key: string): Point => cards.get(key) ?? { x: Number.NaN, y: Number.NaN };

const fork = ['yes', 'no'];
const plain = ['out'];

test('a chain runs from top to bottom in one column', () => {
  const { cards } = tidy(graph({ a: plain, b: plain, c: plain }, 'a>b', 'b>c'));

  expect(at(cards, 'a').x).toBe(at(cards, 'b').x);
  expect(at(cards, 'b').y).toBeGreaterThan(at(cards, 'a').y + CARD.height);
  expect(at(cards, 'c').y).toBeGreaterThan(at(cards, 'b').y + CARD.height);
});

test('yes stays left of no, in whatever order the edges are told', () => {
  const nodes = { start: plain, a: fork, left: plain, right: plain };

  for (const edges of [
    ['start>a', 'a.yes>left', 'a.no>right'],
    ['a.no>right', 'a.yes>left', 'start>a'],
  ]) {
    const { cards } = tidy(graph(nodes, ...edges));
    expect(at(cards, 'left').x).toBeLessThan(at(cards, 'right').x);
  }
});

test('yes stays left where the branches meet again and no is the longer way', () => {
  const nodes = { a: fork, left: plain, right: plain, more: plain, end: [] };
  const { cards } = tidy(graph(nodes, 'a.no>right', 'right>more', 'more>end', 'a.yes>left', 'left>end'));

  expect(at(cards, 'left').x).toBeLessThan(at(cards, 'right').x);
});

test('the branches of nested forks do not cross', () => {
  const nodes = { a: fork, b: fork, c: fork, b1: plain, b2: plain, c1: plain, c2: plain };
  const { cards } = tidy(graph(nodes, 'c.no>c2', 'c.yes>c1', 'b.no>b2', 'b.yes>b1', 'a.no>c', 'a.yes>b'));
  const across = ['b1', 'b2', 'c1', 'c2'].map((key) => at(cards, key).x);

  expect(across).toEqual(across.toSorted((one, other) => one - other));
});

test('what leaves by yes stays together, left of no, though a join pulls at it', () => {
  const nodes = { a: fork, mail: plain, wait: fork, call: plain, task: plain, old: plain, join: plain };
  const ways = ['a.yes>mail', 'a.no>task', 'mail>wait', 'wait.yes>join', 'wait.no>old', 'a.yes>call', 'call>join'];
  const { cards } = tidy(graph(nodes, ...ways));

  for (const key of ['mail', 'call']) expect(at(cards, key).x).toBeLessThan(at(cards, 'task').x);
});

test('cards never overlap', () => {
  const nodes = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => [key, fork]));
  const { cards } = tidy(graph(nodes, 'a.yes>b', 'a.no>c', 'b.yes>d', 'b.no>e', 'c.yes>e', 'c.no>f', 'a.yes>f'));
  const all = [...cards.values()];

  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      const apart = Math.abs(one.x - other.x) >= CARD.width || Math.abs(one.y - other.y) >= CARD.height;
      expect(apart).toBe(true);
    }
  }
});

test('an edge is led downwards through its bends', () => {
  const { cards, bends } = tidy(graph({ a: fork, b: plain, c: plain }, 'a.yes>b', 'a.no>c', 'b>c'));

  for (const points of bends.values()) {
    const heights = points.map((point) => point.y);
    expect(heights).toEqual(heights.toSorted((one, other) => one - other));
  }
  expect(bends.get('a.yes>b')?.[0]?.y).toBeGreaterThan(at(cards, 'a').y + CARD.height);
});

test('drafts with cycles and edges to nowhere are laid out too', () => {
  const { cards, bends } = tidy(graph({ a: plain, b: plain }, 'a>b', 'b>a', 'a>gone'));

  expect(cards.size).toBe(2);
  expect([...bends.keys()]).toEqual(['a>b', 'b>a']);
});

test('an empty graph has an empty layout', () => {
  expect(tidy({ nodes: [], edges: [] }).cards.size).toBe(0);
});
