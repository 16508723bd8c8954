import { expect, test } from 'vitest';

import type { NodeProgress } from '../../graph/progress';
import { timeline } from './timeline';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const run = (nodes: Record<string, NodeProgress>) => ({ seq: 1, status: 'RUNNING', nodes: new Map(Object.entries(nodes)) }) as const;
const step = (startedAt: string, finishedAt?: string): NodeProgress => ({
  status: finishedAt === undefined ? 'RUNNING' : 'SUCCEEDED',
  attempt: 1,
  startedAt,
  finishedAt,
});

test('steps lie on one scale, by their begin; one under way reaches to now', () => {
  const bars = timeline(run({ second: step(at(5)), first: step(at(0), at(4)) }), 10_000);

  expect(bars.map(({ node, from, to, took }) => ({ node, from, to, took }))).toEqual([
    { node: 'first', from: 0, to: 0.4, took: 4000 },
    { node: 'second', from: 0.5, to: 1, took: undefined },
  ]);
});

test('a step that never began has no bar', () => {
  expect(timeline(run({ skipped: { status: 'SKIPPED', attempt: 0 } }), 0)).toEqual([]);
});

test('steps that took no time are still on the scale', () => {
  const bars = timeline(run({ only: step(at(1), at(1)) }), 1000);

  expect(bars).toMatchObject([{ from: 0, to: 0, took: 0 }]);
});
