import { expect, test } from 'vitest';

import { curve } from './curve';

test('an edge leaves and arrives upright', () => {
  expect(curve([{ x: 0, y: 0 }, { x: 90, y: 30 }])).toBe('M0 0 C0 10 90 20 90 30');
});

test('it passes between on its way, and upright where it turns back', () => {
  const onTheWay = curve([{ x: 0, y: 0 }, { x: 30, y: 30 }, { x: 60, y: 60 }]);
  const turning = curve([{ x: 0, y: 0 }, { x: 30, y: 30 }, { x: 0, y: 60 }]);

  expect(onTheWay).toBe('M0 0 C0 10 20 20 30 30 C40 40 60 50 60 60');
  expect(turning).toBe('M0 0 C0 10 30 20 30 30 C30 40 0 50 0 60');
});

test('no points, no path', () => {
  expect(curve([])).toBe('');
});
