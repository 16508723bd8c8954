// How views read, write and follow the API. They know these hooks and typed documents, not the client.
import { useCallback, useEffect, useRef, useState } from 'react';
import {
  type AnyVariables,
  type OperationResult,
  type TypedDocumentNode,
  useClient,
  useMutation,
  useQuery,
} from 'urql';

import { type Failure, failureOf } from './failure';
import { useConnection } from './socket';

/** What is read: data stays while it is read again, and beside a failure. */
export interface Reading<Data> {
  readonly data: Data | undefined;
  readonly failure: Failure | undefined;
  /** Asks the server, whatever the cache has. */
  readonly reread: () => void;
}

/** Reads, shows the cache's answer at once and the server's when it comes; again after each lost connection. */
export function useRead<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Reading<Data> {
  const [{ data, error }, execute] = useQuery({ query: document, variables, requestPolicy: 'cache-and-network' });
  const reread = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const { comebacks } = useConnection();
  const seen = useRef(comebacks);
  useEffect(() => {
    if (seen.current !== comebacks) reread();
    seen.current = comebacks;
  }, [comebacks, reread]);
  return { data, failure: error && failureOf(error), reread };
}

/** What a mutation came to. */
export interface Written<Data> {
  readonly data: Data | undefined;
  readonly failure: Failure | undefined;
}

/** A mutation, ready to be made, and whether one is under way. */
export interface Writing<Data, Variables> {
  readonly busy: boolean;
  readonly write: (variables: Variables) => Promise<Written<Data>>;
}

/** Writes. */
export function useWrite<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): Writing<Data, Variables> {
  const [{ fetching }, execute] = useMutation(document);
  const write = useCallback(
    async (variables: Variables): Promise<Written<Data>> => written(await execute(variables)),
    [execute],
  );
  return { busy: fetching, write };
}

function written<Data, Variables extends AnyVariables>(result: OperationResult<Data, Variables>): Written<Data> {
  return { data: result.data, failure: result.error && failureOf(result.error) };
}

/**
 * Follows a subscription for as long as the view is there. `heard` gets every event, in order, in batches of one
 * animation frame, so that a burst is drawn once; it must be stable.
 */
export function useFollow<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  heard: (batch: readonly Data[]) => void,
): Failure | undefined {
  const client = useClient();
  const [failure, setFailure] = useState<Failure>();
  const key = JSON.stringify(variables);
  useEffect(() => {
    let waiting: Data[] = [];
    let frame: number | undefined;
    const flush = (): void => {
      frame = undefined;
      const batch = waiting;
      waiting = [];
      heard(batch);
    };
    const { unsubscribe } = client
      .subscription<Data, Variables>(document, JSON.parse(key) as Variables)
      .subscribe(({ data, error }) => {
        setFailure(error && failureOf(error));
        if (!data) return;
        waiting.push(data);
        frame ??= requestAnimationFrame(flush);
      });
    return () => {
      unsubscribe();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [client, document, key, heard]);
  return failure;
}

/** Asks once, when it is called, and never from the cache. */
export function useAskOnce<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): (variables: Variables) => Promise<Written<Data>> {
  const client = useClient();
  return useCallback(
    async (variables: Variables): Promise<Written<Data>> =>
      written(await client.query(document, variables, { requestPolicy: 'network-only' }).toPromise()),
    [client, document],
  );
}
