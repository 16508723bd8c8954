// One workflow: its graph as it runs or as it is drawn, what is wrong with the draft, and its runs.
import { SegmentedControl } from '@mantine/core';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import type { WorkflowQuery } from '../api/generated/graphql';
import { useRead } from '../api/hooks';
import { Canvas } from '../features/canvas/Canvas';
import { NodePanel } from '../features/canvas/NodePanel';
import { useKinds } from '../features/canvas/useKinds';
import { Problems, countByNode } from '../features/workflows/Problems';
import { RunList } from '../features/workflows/RunList';
import { WorkflowActs } from '../features/workflows/WorkflowActs';
import { WORKFLOW } from '../features/workflows/documents';
import { Empty, FailureNotice, Refusals } from '../ui/Notice';
import { Status } from '../ui/Status';
import { useTitle } from '../ui/useTitle';
import { WaitingCanvas } from '../ui/Waiting';
import styles from '../ui/Page.module.css';

const route = getRouteApi('/shell/workflows/$workflowId');

type Workflow = NonNullable<WorkflowQuery['workflow']>;

/** The page. */
export function WorkflowPage() {
  const { workflowId } = route.useParams();
  const { data, failure, reread } = useRead(
    WORKFLOW,
    useMemo(() => ({ id: workflowId }), [workflowId]),
  );
  const [refused, setRefused] = useState<readonly string[]>([]);
  const workflow = data?.workflow;
  useTitle(workflow?.name);

  return (
    <div className={styles.full}>
      {workflow && (
        <header className={styles.head}>
          <h1>
            <Link to="/workflows" className={styles.crumb}>
              Workflows /
            </Link>{' '}
            {workflow.name}
          </h1>
          <Status of={workflow.state} />
          <div className={styles.acts}>
            <WorkflowActs workflow={workflow} refused={setRefused} reread={reread} />
          </div>
        </header>
      )}
      <div className={styles.notices}>
        {failure && <FailureNotice failure={failure} retry={reread} />}
        <Refusals messages={refused} />
      </div>
      {!data && !failure && <WaitingCanvas />}
      {workflow === null && <Empty title="There is no such workflow" alone>Or you may not see it.</Empty>}
      {workflow && <Body key={workflow.id} workflow={workflow} />}
    </div>
  );
}

function Body({ workflow }: { readonly workflow: Workflow }) {
  const { activeVersion, draft, problems } = workflow;
  const [shown, setShown] = useState(activeVersion ? 'version' : 'draft');
  const [selected, select] = useState<string>();
  const kinds = useKinds();
  const isDraft = shown === 'draft' || !activeVersion;
  const graph = isDraft ? draft : activeVersion.definition;
  const counts = useMemo(() => countByNode(isDraft ? problems : []), [isDraft, problems]);
  const node = graph.nodes.find((one) => one.key === selected);

  return (
    <div className={styles.body}>
      <div className={styles.main}>
        {activeVersion && (
          <SegmentedControl
            className={styles.choice ?? ''}
            size="xs"
            value={shown}
            onChange={setShown}
            aria-label="What is shown"
            data={[
              { value: 'version', label: `Version ${activeVersion.number}` },
              { value: 'draft', label: 'Draft' },
            ]}
          />
        )}
        <Canvas
          graph={graph}
          kinds={kinds}
          label={`Graph of ${workflow.name}`}
          selected={selected}
          select={select}
          problems={counts}
        />
        {isDraft && <Problems problems={problems} select={select} />}
      </div>
      <aside className={styles.aside} aria-label="Details">
        {node && <NodePanel node={node} kinds={kinds} close={() => select(undefined)} />}
        <RunList workflow={workflow.id} />
      </aside>
    </div>
  );
}
