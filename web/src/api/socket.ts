// The one WebSocket of the console: opens it where something is to be followed, notices when it is lost, and tells the
// views. Knows nothing of what is followed; `follow` does.
import { type Client, createClient } from 'graphql-ws';
import { useSyncExternalStore } from 'react';

/** How the socket stands. */
export interface Connection {
  /** Since when nothing has arrived; undefined while all is well. */
  readonly lostAt?: Date;
  /** Counts the times it came back. What was read before may be out of date then. */
  readonly comebacks: number;
}

const KEEP_ALIVE_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

let connection: Connection = { comebacks: 0 };
const watchers = new Set<() => void>();

function become(next: Connection): void {
  connection = next;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Follows how the socket stands. */
export function useConnection(): Connection {
  return useSyncExternalStore(watch, () => connection);
}

/** The GraphQL client of the socket. It does not retry: `follow` does, from where it was. */
export function socketClient(url: string): Client {
  let pong: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({ url, lazy: true, retryAttempts: 0, keepAlive: KEEP_ALIVE_MS });
  client.on('connected', () => {
    const { lostAt, comebacks } = connection;
    become({ comebacks: lostAt === undefined ? comebacks : comebacks + 1 });
  });
  // A clean close is our own: nothing is followed any more.
  client.on('closed', (event) => {
    clearTimeout(pong);
    if (!(event instanceof CloseEvent && event.code === 1000)) lost();
  });
  client.on('ping', (received) => {
    if (!received) pong = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
  });
  client.on('pong', (received) => {
    if (received) clearTimeout(pong);
  });
  return client;
}

function lost(): void {
  const { lostAt = new Date(), comebacks } = connection;
  become({ lostAt, comebacks });
}
