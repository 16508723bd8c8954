// A run's progress, live: every event since its start, then each as it comes.
import { useCallback, useMemo, useState } from 'react';

import type { RunEventsSubscription } from '../../api/generated/graphql';
import type { Failure } from '../../api/failure';
import { useFollow } from '../../api/hooks';
import { NOTHING, type Progress, advance } from '../../graph/progress';
import { RUN_EVENTS } from './documents';

/** What is known of a run so far, and why no more will be. */
export function useProgress(runId: string): { readonly progress: Progress; readonly failure: Failure | undefined } {
  const [progress, setProgress] = useState(NOTHING);
  const heard = useCallback(
    (batch: readonly RunEventsSubscription[]) =>
      setProgress((before) =>
        advance(
          before,
          batch.map((one) => one.runEvents),
        ),
      ),
    [],
  );
  const variables = useMemo(() => ({ runId, after: 0 }), [runId]);
  const failure = useFollow(RUN_EVENTS, variables, heard);
  return { progress, failure };
}
