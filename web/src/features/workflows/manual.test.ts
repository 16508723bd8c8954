import { expect, test } from 'vitest';

import { answers, manualStart } from './manual';

const manual = (configJson: unknown) => [{ kind: 'manual', configJson }];

test('a workflow without a manual trigger is not started by hand', () => {
  expect(manualStart([{ kind: 'recordCreated', configJson: {} }])).toBeUndefined();
});

test('a run is about a record unless the trigger says none', () => {
  expect(manualStart(manual({ object: 'deal' }))?.record).toBe(true);
  expect(manualStart(manual({ cardinality: 'none' }))?.record).toBe(false);
});

test('the form asks what the trigger says', () => {
  const form = [{ name: 'days', label: 'Days', input: 'number', required: true }, { name: 'why' }];

  expect(manualStart(manual({ form }))?.questions).toEqual([
    { name: 'days', label: 'Days', input: 'number', required: true, options: [] },
    { name: 'why', label: 'why', input: 'text', required: false, options: [] },
  ]);
});

test('a half drawn trigger asks nothing', () => {
  expect(manualStart(manual(null))?.questions).toEqual([]);
});

test('answers have their types, and what was left empty is not given', () => {
  const form = [{ name: 'days', input: 'number' }, { name: 'sure', input: 'boolean' }, { name: 'why' }];
  const given = new FormData();
  given.set('answer.days', '3');
  given.set('answer.why', '');

  expect(answers(manualStart(manual({ form }))?.questions ?? [], given)).toEqual({ days: 3, sure: false });
});
