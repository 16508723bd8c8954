// All workflows, live: what each does, how it stands, how its last runs went.
import { useState } from 'react';

import { useFollow, useRead } from '../api/hooks';
import { useKinds } from '../features/canvas/useKinds';
import { ImportButton } from '../features/workflows/ImportButton';
import { NewButton } from '../features/workflows/NewButton';
import { WorkflowTable } from '../features/workflows/WorkflowTable';
import { RUNS_CHANGED, WORKFLOWS } from '../features/workflows/documents';
import { useNewRuns } from '../features/workflows/useNewRuns';
import { Empty, FailureNotice, Refusals } from '../ui/Notice';
import { useTitle } from '../ui/useTitle';
import { WaitingRows } from '../ui/Waiting';
import styles from '../ui/Page.module.css';

const EVERYTHING = {};

/** The page. */
export function WorkflowsPage() {
  useTitle('Workflows');
  const { data, failure, reread } = useRead(WORKFLOWS, EVERYTHING);
  const kinds = useKinds();
  const [refused, setRefused] = useState<readonly string[]>([]);
  const rows = data?.workflows?.nodes ?? [];
  const heard = useNewRuns(
    rows.flatMap((row) => row.runs?.nodes ?? []),
    reread,
  );
  const stream = useFollow(RUNS_CHANGED, EVERYTHING, heard);
  const broken = failure ?? stream;

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Workflows</h1>
        <div className={styles.acts}>
          <NewButton />
          <ImportButton refused={setRefused} />
        </div>
      </header>
      <div className={styles.notices}>
        {broken && <FailureNotice failure={broken} retry={reread} />}
        <Refusals messages={refused} />
      </div>
      <div className={styles.card}>
        {rows.length > 0 && <WorkflowTable rows={rows} kinds={kinds} />}
        {!data && !failure && <WaitingRows />}
        {data && rows.length === 0 && (
          <Empty title="No workflows yet">Begin with a blank one or a template, or import one from its JSON file.</Empty>
        )}
      </div>
    </div>
  );
}
