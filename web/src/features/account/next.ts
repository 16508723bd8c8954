// Where to go after signing in.

const HERE = 'http://here';

/** The path that was asked for, if it is one of this site: a link must not lead elsewhere. */
export function nextPath(asked: unknown): string {
  if (typeof asked !== 'string') return '/';
  const url = URL.parse(asked, HERE);
  // `/.//other.example` is normalised to a path that, taken for an address, is another site's.
  const stays = url?.origin === HERE && !url.pathname.startsWith('//');
  return stays ? `${url.pathname}${url.search}` : '/';
}

/** Starts afresh at a path: nothing that was read for another session survives. */
export function restartAt(path: string): void {
  location.assign(path);
}
