import { expect, test } from 'vitest';

import { FORM, emptyRow, mapOf, pairs, withColumn } from './rows';

test('a map is the same after it was rows, and what is no text becomes an expression', () => {
  const map = { a: '{{ record.name }}', b: 'text' };
  expect(mapOf(pairs(map))).toEqual(map);
  expect(pairs({ n: 42 })).toEqual([{ name: 'n', value: '{{ 42 }}' }]);
});

test('without rows there is nothing', () => {
  expect(mapOf([])).toBeUndefined();
  expect(pairs('x')).toEqual([]);
});

test('a new row has what must be chosen, and leaves out what is not said', () => {
  const row = emptyRow(FORM);
  expect(row).toEqual({ name: '', label: '', input: 'text' });
  expect(withColumn(row, { name: 'label', as: 'text' }, '')).toEqual({ name: '', input: 'text' });
});
