// Undo and redo: a hundred steps back. No React here.

/** How far back one can go. */
export const STEPS = 100;

/** What was, is, and was taken back. */
export interface History<State> {
  readonly past: readonly State[];
  readonly present: State;
  readonly future: readonly State[];
  /** What the last step was about: the next about the same joins it, such as a key stroke in the same field. */
  readonly about?: string | undefined;
}

/** A history that begins now. */
export function begun<State>(present: State): History<State> {
  return { past: [], present, future: [] };
}

/** The next step. What was taken back is lost. */
export function stepped<State>(history: History<State>, next: State, about?: string): History<State> {
  if (next === history.present) return history;
  const joins = about !== undefined && about === history.about;
  const past = joins ? history.past : [...history.past, history.present].slice(-STEPS);
  return { past, present: next, future: [], about };
}

/** A step back; the same where there is none. */
export function undone<State>(history: History<State>): History<State> {
  const { past, present, future } = history;
  const last = past.at(-1);
  return last === undefined ? history : { past: past.slice(0, -1), present: last, future: [present, ...future] };
}

/** A step forth; the same where there is none. */
export function redone<State>(history: History<State>): History<State> {
  const { past, present, future } = history;
  const [next, ...rest] = future;
  return next === undefined ? history : { past: [...past, present], present: next, future: rest };
}
