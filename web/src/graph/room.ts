// Finds a place on the canvas where a card lies on no other. No React here.
import type { Draft } from './draft';
import { CARD } from './layout';
import type { Point } from './shape';

const GAP = 32;

/** The nearest free place to the right of a point, or the point itself. */
export function room(draft: Pick<Draft, 'nodes'>, wanted: Point): Point {
  const taken = draft.nodes.flatMap(({ position }) => (position ? [position] : []));
  let { x } = wanted;
  for (let hit = overlap(taken, x, wanted.y); hit !== undefined; hit = overlap(taken, x, wanted.y)) {
    x = hit.x + CARD.width + GAP;
  }
  return { x, y: wanted.y };
}

function overlap(taken: readonly Point[], x: number, y: number): Point | undefined {
  return taken.find((card) => Math.abs(card.x - x) < CARD.width && Math.abs(card.y - y) < CARD.height);
}
