// Runs that appear. Those already in a list change in the cache by themselves; a new one is a reason to read the list again.
import { useCallback, useEffect, useRef } from 'react';

import type { RunsChangedSubscription } from '../../api/generated/graphql';

/** However many runs begin, a list is read again at most this often. */
const PAUSE_MS = 300;

/** Hears changes of runs, and calls `reread` some time after one that is not among those known. */
export function useNewRuns(
  known: readonly { readonly id: string }[],
  reread: () => void,
): (batch: readonly RunsChangedSubscription[]) => void {
  const ids = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    ids.current = new Set(known.map((run) => run.id));
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (batch) => {
      if (timer.current !== undefined || batch.every(({ runChanged }) => ids.current.has(runChanged.run.id))) return;
      timer.current = setTimeout(() => {
        timer.current = undefined;
        reread();
      }, PAUSE_MS);
    },
    [reread],
  );
}
