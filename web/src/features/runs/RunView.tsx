// A run's graph, timeline and inspector, which share one selection.
import { useCallback, useState } from 'react';

import { type Progress, nodeProgress } from '../../graph/progress';
import page from '../../ui/Page.module.css';
import { Empty } from '../../ui/Notice';
import { Canvas } from '../canvas/Canvas';
import { NodePanel } from '../canvas/NodePanel';
import { titleOf } from '../canvas/documents';
import { useKinds } from '../canvas/useKinds';
import type { Run } from './RunHead';
import { StepPanel } from './StepPanel';
import { Timeline } from './Timeline';
import { isActive } from './status';

/** A version is kept as long as its runs; should one be gone, the steps are still told. */
const NO_GRAPH = { nodes: [], edges: [] };

/** The page's body. */
export function RunView({ run, progress }: { readonly run: Run; readonly progress: Progress }) {
  const [selected, select] = useState<string>();
  const kinds = useKinds();
  const definition = run.version?.definition ?? NO_GRAPH;
  const node = definition.nodes.find((one) => one.key === selected);
  const nameOf = useCallback(
    (key: string) => {
      const found = definition.nodes.find((one) => one.key === key);
      return found ? titleOf(found, kinds.get(found.kind)) : key;
    },
    [definition, kinds],
  );

  return (
    <div className={page.body}>
      <div className={page.main}>
        <Canvas
          graph={definition}
          kinds={kinds}
          label={run.workflow ? `Run of ${run.workflow.name}` : 'Run'}
          selected={selected}
          select={select}
          progress={progress}
        />
        <Timeline
          progress={progress}
          active={isActive(progress.status)}
          nameOf={nameOf}
          selected={selected}
          select={select}
        />
      </div>
      <aside className={page.aside} aria-label="Details">
        {run.error && <p className={page.error}>{run.error}</p>}
        {node ? (
          <NodePanel node={node} kinds={kinds} close={() => select(undefined)}>
            <StepPanel
              progress={nodeProgress(progress, node.key)}
              step={run.steps.findLast((step) => step.node === node.key)}
            />
          </NodePanel>
        ) : (
          <Empty title="No step selected">Select one on the canvas or in the list to see what it was given and what it gave.</Empty>
        )}
      </aside>
    </div>
  );
}
