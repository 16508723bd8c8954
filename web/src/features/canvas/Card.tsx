// A node on the canvas: what it is, what it does, and how it stands in the run that is shown.
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';

import type { NodeProgress } from '../../graph/progress';
import { StatusDot } from '../../ui/Status';
import { shortTime } from '../../ui/time';
import styles from './Card.module.css';
import { useCanvasFocus } from './focus';
import { titleOf } from './documents';
import { KindIcon, familyOf } from './KindIcon';
import type { CardNode } from './elements';

/** One node. */
export const Card = memo(function Card({ id, data, selected }: NodeProps<CardNode>) {
  const { node, kind, ports, progress, problems } = data;
  const { entry, select } = useCanvasFocus();
  return (
    <>
      <Handle type="target" position={Position.Top} className={styles.handle} isConnectable={false} />
      <button
        type="button"
        className={styles.card}
        data-node={id}
        data-family={familyOf(kind)}
        data-status={progress?.status}
        data-disabled={node.disabled || undefined}
        aria-pressed={selected}
        tabIndex={id === entry ? 0 : -1}
        onClick={() => select(id)}
      >
        <KindIcon kind={node.kind} family={familyOf(kind)} />
        <span className={styles.text}>
          <span className={styles.name}>{titleOf(node, kind)}</span>
          <span className={styles.summary}>{noteOf(progress) ?? (node.summary || kind?.label)}</span>
        </span>
        {problems > 0 && (
          <span className={styles.problem} title={`${problems} problem${problems === 1 ? '' : 's'}`}>
            <IconAlertTriangleFilled size={16} aria-hidden />
            <span className="unseen">has problems</span>
          </span>
        )}
        {progress && progress.status !== 'PENDING' && <StatusDot of={progress.status} />}
      </button>
      {ports.map((port, index) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Bottom}
          className={styles.handle}
          style={{ left: `${((index + 1) / (ports.length + 1)) * 100}%` }}
          isConnectable={false}
        />
      ))}
    </>
  );
});

/** What is more urgent to say about a node than what it does. */
function noteOf(progress: NodeProgress | undefined): string | undefined {
  if (progress === undefined) return undefined;
  const { status, attempt, until, error } = progress;
  const time = until === undefined ? '' : shortTime(until);
  if (status === 'RETRYING') return time === '' ? `attempt ${attempt}` : `attempt ${attempt} at ${time}`;
  if (status === 'WAITING') return time === '' ? undefined : `until ${time}`;
  return status === 'FAILED' || status === 'UNKNOWN' ? error : undefined;
}
