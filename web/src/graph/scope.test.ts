import { expect, test } from 'vitest';

import type { Draft } from './draft';
import { type Objects, proposals, variables } from './scope';

const DRAFT: Draft = {
  nodes: [
    { key: 'won', kind: 'recordUpdated', config: { object: 'deal' } },
    { key: 'find', kind: 'findRecords', config: { object: 'contact' } },
    { key: 'task', kind: 'createTask', config: {} },
    { key: 'aside', kind: 'set', config: { values: { total: '1' } } },
  ],
  edges: [
    { id: '1', from: 'won', port: 'out', to: 'find' },
    { id: '2', from: 'find', port: 'done', to: 'task' },
    { id: '3', from: 'won', port: 'out', to: 'aside' },
  ],
};

const OBJECTS: Objects = new Map([
  ['deal', { amount: { shape: { leaf: 'decimal' } }, company: { shape: { object: 'company' } } }],
  ['company', { city: { shape: { leaf: 'string' } } }],
  ['contact', { email: { shape: { leaf: 'string' } } }],
]);

const names = (key: string, ...path: string[]): string[] =>
  proposals(variables(DRAFT, key), OBJECTS, path).map((one) => one.name);

test('a record’s fields are proposed, and those of the records that it leads to', () => {
  expect(names('task', 'record')).toEqual(['amount', 'company']);
  expect(names('task', 'record', 'company')).toEqual(['city']);
});

test('only steps that come before are proposed', () => {
  expect(names('task', 'steps')).toEqual(['find']);
  expect(names('find', 'steps')).toEqual([]);
});

test('what a step gives is proposed by its kind', () => {
  expect(names('task', 'steps', 'find', 'output')).toEqual(['records', 'first', 'count']);
  expect(names('task', 'steps', 'find', 'output', 'first')).toEqual(['email']);
});

test('where records are looked for, `record` is the candidate', () => {
  expect(names('find', 'record')).toEqual(['email']);
  expect(names('find', 'trigger', 'record')).toEqual(['amount', 'company']);
});

test('a path that leads nowhere proposes nothing', () => {
  expect(names('task', 'toString')).toEqual([]);
  expect(names('task', 'record', 'nothing', 'more')).toEqual([]);
});
