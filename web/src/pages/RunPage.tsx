// One run: the graph at the version that ran, lighting up as it runs, its steps in time, and each step from inside.
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';

import { useRead } from '../api/hooks';
import { RunHead } from '../features/runs/RunHead';
import { RunView } from '../features/runs/RunView';
import { RUN } from '../features/runs/documents';
import { useProgress } from '../features/runs/useProgress';
import { Empty, FailureNotice } from '../ui/Notice';
import { useTitle } from '../ui/useTitle';
import { WaitingCanvas } from '../ui/Waiting';
import styles from '../ui/Page.module.css';

const route = getRouteApi('/shell/runs/$runId');

/** Inputs and outputs are read again so long after the last event, not once for each. */
const REREAD_MS = 250;

/** The page. */
export function RunPage() {
  const { runId } = route.useParams();
  return <Followed key={runId} id={runId} />;
}

function Followed({ id }: { readonly id: string }) {
  const { data, failure, reread } = useRead(
    RUN,
    useMemo(() => ({ id }), [id]),
  );
  const { progress, failure: stream } = useProgress(id);
  const broken = failure ?? stream;
  const run = data?.run;
  useTitle(run?.workflow && `Run of ${run.workflow.name}`);
  useEffect(() => {
    if (progress.seq === 0) return;
    const timer = setTimeout(reread, REREAD_MS);
    return () => clearTimeout(timer);
  }, [progress.seq, reread]);

  return (
    <div className={styles.full}>
      {run && <RunHead run={run} status={progress.seq > 0 ? progress.status : run.status} />}
      <div className={styles.notices}>{broken && <FailureNotice failure={broken} retry={reread} />}</div>
      {!data && !failure && <WaitingCanvas />}
      {run === null && <Empty title="There is no such run" alone>Or you may not see it.</Empty>}
      {run && <RunView run={run} progress={progress} />}
    </div>
  );
}
