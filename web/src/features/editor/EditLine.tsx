// An edge on the editor's canvas: easy to hit, with a + that puts a step into it.
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { memo } from 'react';

import lines from '../canvas/PortLine.module.css';
import styles from './EditLine.module.css';
import { useWorkshop } from './context';
import type { EditEdge } from './elements';

/** How wide around its line an edge is hit. */
const HIT = 24;

/** One edge. */
export const EditLine = memo(function EditLine({ id, data, selected, ...ends }: EdgeProps<EditEdge>) {
  const { editor } = useWorkshop();
  const [path, x, y] = getBezierPath(ends);
  return (
    <>
      <g className={lines.edge} data-edge={id} data-state={data?.state} data-selected={selected || undefined}>
        <BaseEdge path={path} interactionWidth={HIT} className={styles.line ?? ''} />
      </g>
      <EdgeLabelRenderer>
        <div className={styles.label} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
          {data?.label}
          <button
            type="button"
            tabIndex={-1}
            className={styles.more}
            aria-label={`Add a step between ${ends.source} and ${ends.target}`}
            onClick={() => editor.ask({ what: 'add', place: { edge: id } })}
          >
            +
          </button>
        </div>
      </EdgeLabelRenderer>
    </>
  );
});
