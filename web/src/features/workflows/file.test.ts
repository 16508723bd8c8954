import { expect, test } from 'vitest';

import { nameOf, readDefinition } from './file';

test('a file with a list of nodes is read', () => {
  expect(readDefinition('{"format":1,"nodes":[]}')).toEqual({ json: { format: 1, nodes: [] } });
});

test('anything else is told apart', () => {
  expect(readDefinition('[]')).toHaveProperty('problem', expect.stringContaining('no list of nodes'));
  expect(readDefinition('{"nodes":')).toHaveProperty('problem', expect.stringContaining('not JSON'));
});

test('a workflow is called as its file', () => {
  expect(nameOf('closed-won_v2.JSON')).toBe('Closed won v2');
  expect(nameOf('.json')).toBe('Imported workflow');
});
