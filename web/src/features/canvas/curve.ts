// The line of an edge: leaves and arrives upright, and swings between the points it is led through.
import type { Point } from '../../graph/shape';

/** The path of an edge, for SVG. */
export function curve(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  let from = first;
  let path = `M${first.x} ${first.y}`;
  for (const to of others) {
    const middle = (from.y + to.y) / 2;
    path += ` C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}

/** The tip of an edge that comes from above. */
export function arrow({ x, y }: Point): string {
  return `M${x - 5} ${y - 7} L${x} ${y} L${x + 5} ${y - 7} Z`;
}
