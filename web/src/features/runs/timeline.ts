// When each step of a run ran, as bars on a common scale. Pure.
import type { NodeProgress, Progress } from '../../graph/progress';

/** A step on the scale. */
export interface Bar {
  readonly node: string;
  readonly progress: NodeProgress;
  /** From 0, the run's start, to 1, its end or now. */
  readonly from: number;
  readonly to: number;
  /** In milliseconds; undefined while it is under way. */
  readonly took: number | undefined;
}

/** The steps that have begun, by their begin. `now` is where those under way end. */
export function timeline(progress: Progress, now: number): Bar[] {
  const begun = [...progress.nodes].flatMap(([node, step]) =>
    step.startedAt === undefined ? [] : [{ node, step, start: Date.parse(step.startedAt) }],
  );
  const end = (step: NodeProgress): number => (step.finishedAt === undefined ? now : Date.parse(step.finishedAt));
  const first = Math.min(...begun.map(({ start }) => start));
  const length = Math.max(...begun.map(({ step }) => end(step)), first + 1) - first;
  return begun
    .toSorted((one, other) => one.start - other.start)
    .map(({ node, step, start }) => ({
      node,
      progress: step,
      from: (start - first) / length,
      to: Math.max(end(step) - first, start - first) / length,
      took: step.finishedAt === undefined ? undefined : end(step) - start,
    }));
}
