import { expect, test } from 'vitest';

import { outline } from './outline';

const node = (key: string, ...ports: string[]) => ({ key, ports: ports.length > 0 ? ports : ['out'] });
const edge = (from: string, port: string, to: string) => ({ id: `${from}${port}${to}`, from, port, to });

test('branches are indented in the order of their ports, and a join is told once', () => {
  const lines = outline({
    nodes: [node('start'), node('big', 'yes', 'no'), node('a'), node('b'), node('end')],
    edges: [
      edge('start', 'out', 'big'),
      edge('big', 'no', 'b'),
      edge('big', 'yes', 'a'),
      edge('a', 'out', 'end'),
      edge('b', 'out', 'end'),
    ],
  });

  expect(
    lines.map((line) => `${'-'.repeat(line.level)}${line.by ?? ''}>${line.key}${line.again ? ' again' : ''}`),
  ).toEqual(['->start', '-out>big', '--yes>a', '--out>end', '--no>b', '--out>end again']);
});

test('loose nodes and circles are told too, each once', () => {
  const lines = outline({
    nodes: [node('a'), node('b'), node('alone')],
    edges: [edge('a', 'out', 'b'), edge('b', 'out', 'a')],
  });

  expect(
    lines
      .filter((line) => !line.again)
      .map((line) => line.key)
      .toSorted(),
  ).toEqual(['a', 'alone', 'b']);
});
