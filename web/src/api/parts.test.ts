import { readFileSync } from 'node:fs';
import { buildSchema, getNamedType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';

import { PARTS } from './parts';

const schema = buildSchema(readFileSync('../schema.graphql', 'utf8'));

test('every part is a type of the API', () => {
  expect(PARTS.filter((name) => !isObjectType(schema.getType(name)))).toEqual([]);
});

test('edges of two graphs that are called the same are not taken for one', () => {
  const definition = schema.getType('WorkflowDefinition');
  const edges = isObjectType(definition) ? getNamedType(definition.getFields()['edges']?.type) : undefined;

  expect(PARTS).toContain(edges?.name);
});
