import { expect, test } from 'vitest';

import { directionOf, neighbour } from './walk';

const cards = new Map([
  ['top', { x: 100, y: 0 }],
  ['left', { x: 0, y: 100 }],
  ['right', { x: 200, y: 100 }],
  ['end', { x: 100, y: 200 }],
]);

test('arrows walk to the nearest card that lies that way', () => {
  expect(neighbour(cards, 'left', 'right')).toBe('right');
  expect(neighbour(cards, 'right', 'left')).toBe('left');
  expect(neighbour(cards, 'top', 'down')).toBe('end');
  expect(neighbour(cards, 'end', 'up')).toBe('top');
});

test('at the border there is nowhere to go', () => {
  expect(neighbour(cards, 'top', 'up')).toBeUndefined();
  expect(neighbour(cards, 'gone', 'up')).toBeUndefined();
});

test('only arrow keys walk', () => {
  expect(directionOf('ArrowLeft')).toBe('left');
  expect(directionOf('Enter')).toBeUndefined();
});
