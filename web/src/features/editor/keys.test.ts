import { expect, test } from 'vitest';

import { actOf } from './keys';

const stroke = (key: string, ...held: string[]) => ({
  key,
  code: `Key${key.toUpperCase()}`,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  shiftKey: held.includes('shift'),
  altKey: held.includes('alt'),
});

test('the same letter connects or copies', () => {
  expect(actOf(stroke('c'))).toBe('connect');
  expect(actOf(stroke('c', 'ctrl'))).toBe('copy');
  expect(actOf(stroke('c', 'meta'))).toBe('copy');
});

test('shift turns undoing into redoing', () => {
  expect(actOf(stroke('z', 'ctrl'))).toBe('undo');
  expect(actOf(stroke('Z', 'ctrl', 'shift'))).toBe('redo');
});

test('arrows walk, and move with Alt', () => {
  expect(actOf(stroke('ArrowLeft'))).toBe('left');
  expect(actOf(stroke('ArrowLeft', 'alt'))).toBe('moveLeft');
  expect(actOf(stroke('ˇ', 'alt'))).toBeUndefined();
  expect(actOf({ ...stroke('t', 'alt', 'shift') })).toBe('tidy');
});
