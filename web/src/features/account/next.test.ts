import { expect, test } from 'vitest';

import { nextPath } from './next';

test('after signing in one gets where one wanted to go', () => {
  expect(nextPath('/runs/run_1?node=mail')).toBe('/runs/run_1?node=mail');
});

test('nobody is led to another site', () => {
  const elsewhere = ['//evil.example/x', 'https://evil.example/x', '/\\evil.example/x', '/.//evil.example/x'];

  for (const asked of [...elsewhere, 'javascript:alert(1)', undefined]) expect(nextPath(asked)).toBe('/');
});
