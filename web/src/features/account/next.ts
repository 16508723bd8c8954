// Where to go after signing in.

/** The path that was asked for, if it is one of this site: a link must not lead elsewhere. */
export function nextPath(asked: unknown): string {
  if (typeof asked !== 'string') return '/';
  const url = URL.parse(asked, 'http://here');
  return url?.origin === 'http://here' && asked.startsWith('/') ? `${url.pathname}${url.search}` : '/';
}

/** Starts afresh at a path: nothing that was read for another session survives. */
export function restartAt(path: string): void {
  location.assign(path);
}
