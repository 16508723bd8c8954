import type { Client } from 'graphql-ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { cursorOf, follow } from './follow';

type Listener = Parameters<Client['subscribe']>[1];

/** A client whose subscriptions the test feeds by hand. */
function client() {
  const opened: { variables: unknown; listener: Listener; stopped: boolean }[] = [];
  const subscribe: Client['subscribe'] = (payload, listener) => {
    const subscription = { variables: payload.variables, listener: listener as Listener, stopped: false };
    opened.push(subscription);
    return () => {
      subscription.stopped = true;
    };
  };
  return { subscribe, opened };
}

const sink = () => ({ next: vi.fn(), error: vi.fn(), complete: vi.fn() });
const event = (seq: number) => ({ data: { runEvents: { seq } } });
const lost = { code: 1006 };
const request = { query: 'subscription', variables: { runId: 'run_1', after: 0 } };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('after a lost connection it asks from the last event on', () => {
  const { subscribe, opened } = client();
  follow({ subscribe }, request, sink());
  opened[0]?.listener.next(event(7));

  opened[0]?.listener.error(lost);
  vi.advanceTimersByTime(500);

  expect(opened.map((one) => one.variables)).toEqual([request.variables, { runId: 'run_1', after: 7 }]);
});

test('it waits longer each time, until something arrives again', () => {
  const { subscribe, opened } = client();
  follow({ subscribe }, request, sink());

  opened[0]?.listener.error(lost);
  vi.advanceTimersByTime(500);
  opened[1]?.listener.error(lost);
  vi.advanceTimersByTime(999);
  const early = opened.length;
  vi.advanceTimersByTime(1);
  opened[2]?.listener.next(event(1));
  opened[2]?.listener.error(lost);
  vi.advanceTimersByTime(500);

  expect([early, opened.length]).toEqual([2, 4]);
});

test('a refusal ends it and is told', () => {
  const { subscribe, opened } = client();
  const told = sink();
  follow({ subscribe }, request, told);

  opened[0]?.listener.error([{ message: 'no', extensions: { code: 'FORBIDDEN' } }]);
  vi.advanceTimersByTime(60_000);

  expect(told.error).toHaveBeenCalledOnce();
  expect(opened).toHaveLength(1);
});

test('a session that was taken back is a refusal', () => {
  const { subscribe, opened } = client();
  const told = sink();
  follow({ subscribe }, request, told);

  opened[0]?.listener.error({ code: 4403 });

  expect(told.error).toHaveBeenCalledOnce();
});

test('a cursor that has expired is dropped', () => {
  const { subscribe, opened } = client();
  follow({ subscribe }, { ...request, variables: {} }, sink());
  opened[0]?.listener.next({ data: { runChanged: { cursor: 'old' } } });

  opened[0]?.listener.error([{ message: 'expired', extensions: { code: 'CURSOR_EXPIRED' } }]);
  vi.advanceTimersByTime(500);

  expect(opened.at(1)?.variables).toEqual({});
});

test('once stopped it does not come back', () => {
  const { subscribe, opened } = client();
  const stop = follow({ subscribe }, request, sink());

  opened[0]?.listener.error(lost);
  stop();
  vi.advanceTimersByTime(60_000);

  expect(opened).toHaveLength(1);
  expect(opened[0]?.stopped).toBe(true);
});

test('the cursor is found whatever the stream is called', () => {
  expect(cursorOf({ runChanged: { cursor: 'abc', run: {} } })).toBe('abc');
  expect(cursorOf({ runEvents: { seq: 3 } })).toBe(3);
  expect(cursorOf({ runEvents: null })).toBeUndefined();
  expect(cursorOf(null)).toBeUndefined();
});
