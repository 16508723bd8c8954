// Walking a graph by arrow keys: from card to card, by how they lie on the canvas.
import type { Point } from './shape';

/** The four ways to walk. */
export type Direction = 'up' | 'down' | 'left' | 'right';

const WAYS: ReadonlyMap<string, Direction> = new Map([
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
]);

/** The way that an arrow key walks; undefined for other keys. */
export function directionOf(key: string): Direction | undefined {
  return WAYS.get(key);
}

/** The nearest card in that direction; what lies aside counts double. Undefined at the border. */
export function neighbour(cards: ReadonlyMap<string, Point>, from: string, way: Direction): string | undefined {
  const start = cards.get(from);
  if (start === undefined) return undefined;
  const ahead = [...cards].flatMap(([key, card]) => {
    const distance = distanceTo(start, card, way);
    return distance === undefined ? [] : [{ key, distance }];
  });
  return ahead.toSorted((one, other) => one.distance - other.distance).at(0)?.key;
}

function distanceTo(start: Point, end: Point, way: Direction): number | undefined {
  const [right, down] = [end.x - start.x, end.y - start.y];
  const [ahead, aside] = way === 'left' || way === 'right' ? [right, down] : [down, right];
  const forwards = way === 'left' || way === 'up' ? -ahead : ahead;
  return forwards > 0 ? forwards + 2 * Math.abs(aside) : undefined;
}
