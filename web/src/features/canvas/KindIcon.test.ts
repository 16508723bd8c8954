import { readFileSync } from 'node:fs';
import { buildSchema, isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';

import { ICONS } from './KindIcon';

test('every kind of node that the API knows has an icon', () => {
  const kinds = buildSchema(readFileSync('../schema.graphql', 'utf8')).getType('NodeConfigInput');
  const names = isInputObjectType(kinds) ? Object.keys(kinds.getFields()) : [];

  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => name !== 'unknown' && !ICONS.has(name))).toEqual([]);
});
