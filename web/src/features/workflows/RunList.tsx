// The last runs of a workflow, live.
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import { useFollow, useRead } from '../../api/hooks';
import { Instant } from '../../ui/Instant';
import { Empty, FailureNotice } from '../../ui/Notice';
import { Status } from '../../ui/Status';
import { span } from '../../ui/time';
import { WaitingRows } from '../../ui/Waiting';
import styles from './RunList.module.css';
import { RUNS_CHANGED, WORKFLOW_RUNS } from './documents';
import { useNewRuns } from './useNewRuns';

/** The list, the newest first. */
export function RunList({ workflow }: { readonly workflow: string }) {
  const { data, failure, reread } = useRead(
    WORKFLOW_RUNS,
    useMemo(() => ({ id: workflow }), [workflow]),
  );
  const runs = data?.workflow?.runs?.nodes ?? [];
  const stream = useFollow(
    RUNS_CHANGED,
    useMemo(() => ({ filter: { workflowId: workflow } }), [workflow]),
    useNewRuns(runs, reread),
  );
  const broken = failure ?? stream;

  return (
    <section className={styles.list} aria-label="Recent runs">
      <h2>Recent runs</h2>
      {broken && <FailureNotice failure={broken} retry={reread} />}
      {!data && !failure && <WaitingRows count={4} />}
      {data && runs.length === 0 && <Empty title="No runs yet">They appear here as they start.</Empty>}
      <ol>
        {runs.map((run) => (
          <li key={run.id}>
            <Link to="/runs/$runId" params={{ runId: run.id }} className={styles.run}>
              <Status of={run.status} />
              <span className={styles.time}>
                <Instant at={run.createdAt} />
              </span>
              <span className={styles.took}>
                {run.startedAt && run.finishedAt && span(Date.parse(run.finishedAt) - Date.parse(run.startedAt))}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
