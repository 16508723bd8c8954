import { expect, test } from 'vitest';

import { nextPath } from './next';

test('after signing in one gets where one wanted to go', () => {
  expect(nextPath('/runs/run_1?node=mail')).toBe('/runs/run_1?node=mail');
});

test('nobody is led to another site', () => {
  for (const asked of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)', undefined]) {
    expect(nextPath(asked)).toBe('/');
  }
});
