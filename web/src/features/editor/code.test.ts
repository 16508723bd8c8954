import { expect, test } from 'vitest';

import { pathBefore, unitsAt } from './code';

test('the path before the caret is what has been written of it', () => {
  expect(pathBefore('1 + record.company.na', 'expression')).toEqual({ path: ['record', 'company'], word: 'na' });
  expect(pathBefore('', 'expression')).toEqual({ path: [], word: '' });
});

test('in a template, names are written in braces only', () => {
  expect(pathBefore('Dear record.', 'template')).toBeUndefined();
  expect(pathBefore('Dear {{ record.', 'template')).toEqual({ path: ['record'], word: '' });
  expect(pathBefore('{{ record.name }} and record.', 'template')).toBeUndefined();
  expect(pathBefore('{% if record.', 'template')).toEqual({ path: ['record'], word: '' });
});

test('places in bytes are found behind letters of several', () => {
  expect(unitsAt('äb', 2)).toBe(1);
  expect(unitsAt('😀b', 4)).toBe(2);
  expect(unitsAt('ab', 9)).toBe(2);
});
