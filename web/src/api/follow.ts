// Follows a subscription through lost connections: it asks again from the last cursor that arrived, so that nothing is
// missed. It does not know what is followed; that all our streams resume by `after` is enough.
import type { Client } from 'graphql-ws';
import type { ExecutionResult } from 'urql';

/** What is asked. */
export interface Request {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Who listens. */
export interface Sink {
  next(result: ExecutionResult): void;
  /** The server refuses, and would again. */
  error(cause: unknown): void;
  complete(): void;
}

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Follows until it is told to stop, the stream ends, or the server refuses. Returns how to stop. */
export function follow(client: Pick<Client, 'subscribe'>, request: Request, sink: Sink): () => void {
  let cursor: unknown;
  let attempt = 0;
  let stop: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const again = (): void => {
    timer = setTimeout(open, Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS));
    attempt += 1;
  };
  const open = (): void => {
    const variables = cursor === undefined ? request.variables : { ...request.variables, after: cursor };
    stop = client.subscribe<Record<string, unknown>, Record<string, unknown>>(
      { query: request.query, variables },
      {
        next: (result) => {
          attempt = 0;
          cursor = cursorOf(result.data) ?? cursor;
          sink.next({ data: result.data ?? null, errors: result.errors ?? [] });
        },
        error: (cause) => {
          if (hasExpired(cause) && cursor !== undefined) {
            cursor = undefined;
            again();
          } else if (isRefusal(cause)) sink.error(cause);
          else again();
        },
        complete: () => sink.complete(),
      },
    );
  };

  open();
  return () => {
    clearTimeout(timer);
    stop?.();
  };
}

/** Where a stream stands after a result: the `cursor` or the `seq` of its one root field. */
export function cursorOf(data: Readonly<Record<string, unknown>> | null | undefined): string | number | undefined {
  const [item] = Object.values(data ?? {});
  if (typeof item !== 'object' || item === null) return undefined;
  if ('cursor' in item && typeof item.cursor === 'string') return item.cursor;
  return 'seq' in item && typeof item.seq === 'number' ? item.seq : undefined;
}

/** GraphQL errors, and the close codes of graphql-transport-ws (4400 to 4499), say that asking again is in vain. */
function isRefusal(cause: unknown): boolean {
  if (Array.isArray(cause)) return true;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? Number(cause.code) : Number.NaN;
  return code >= 4400 && code < 4500;
}

function hasExpired(cause: unknown): boolean {
  return Array.isArray(cause) && cause.some((error) => error?.extensions?.code === 'CURSOR_EXPIRED');
}
