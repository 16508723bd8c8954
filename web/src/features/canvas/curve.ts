// The line of an edge: leaves and arrives upright, and swings through the points between without a bulge.
import type { Point } from '../../graph/shape';

/**
 * The path of an edge, for SVG: a cubic through the points, monotone from top to bottom (Fritsch and Carlson, "Monotone
 * piecewise cubic interpolation", 1980).
 */
export function curve(points: readonly Point[]): string {
  const pairs = points.slice(1).map((to, index) => [points[index] ?? to, to] as const);
  const chords = pairs.map(([from, to]) => (to.x - from.x) / (to.y - from.y || 1));
  // How far right it goes for each pixel down, at each point.
  const slopes = points.map((_, index) => slope(chords[index - 1], chords[index]));
  const start = points[0];
  if (start === undefined) return '';
  const parts = pairs.map(([from, to], index) => {
    const third = (to.y - from.y) / 3;
    const leaves = `${round(from.x + (slopes[index] ?? 0) * third)} ${round(from.y + third)}`;
    const arrives = `${round(to.x - (slopes[index + 1] ?? 0) * third)} ${round(to.y - third)}`;
    return ` C${leaves} ${arrives} ${to.x} ${to.y}`;
  });
  return `M${start.x} ${start.y}${parts.join('')}`;
}

/** The tip of an edge that comes from above. */
export function arrow({ x, y }: Point): string {
  return `M${x - 5} ${y - 7} L${x} ${y} L${x + 5} ${y - 7} Z`;
}

function slope(before: number | undefined, after: number | undefined): number {
  if (before === undefined || after === undefined || before * after <= 0) return 0;
  return (2 * before * after) / (before + after);
}

const round = (value: number): number => Math.round(value * 10) / 10;
