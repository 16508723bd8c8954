import { expect, test } from 'vitest';

import { shortTime, span } from './time';

test('a span is told in the two units that matter', () => {
  const told = [0.4, 840, 4_260, 59_990, 185_000, 7_800_000, 273_600_000].map(span);

  expect(told).toEqual(['0 ms', '840 ms', '4.2 s', '59.9 s', '3 min 5 s', '2 h 10 min', '3 d 4 h']);
});

test('the nearer an instant, the finer it is told', () => {
  const now = new Date(2026, 2, 3, 12, 0, 0);
  const told = (date: Date) => shortTime(date.toISOString(), now);

  expect(told(new Date(2026, 2, 3, 10, 42, 7))).toContain('10:42:07');
  expect(told(new Date(2026, 2, 2, 10, 42, 7))).toMatch(/Mar.* 10:42$/);
  expect(told(new Date(2025, 2, 2, 10, 42, 7))).toContain('2025');
});
