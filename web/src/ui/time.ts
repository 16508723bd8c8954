// Instants and spans of time as people read them, in the reader's own zone.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const YEAR = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' });

/** 10:42 */
export function timeOfDay(instant: Date): string {
  return CLOCK.format(instant);
}

/** 10:42:07 on the day of `now`, 3 Mar 10:42 in its year, 3 Mar 2024 before. */
export function shortTime(instant: string, now: Date = new Date()): string {
  const then = new Date(instant);
  if (then.toDateString() === now.toDateString()) return SECONDS.format(then);
  return then.getFullYear() === now.getFullYear() ? `${DAY.format(then)} ${CLOCK.format(then)}` : YEAR.format(then);
}

/** The instant in full, for who asks. */
export function fullTime(instant: string): string {
  return FULL.format(new Date(instant));
}

/** 840 ms, 4.2 s, 3 min 5 s, 2 h 10 min, 3 d 4 h */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 60_000) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
