// A node on the canvas: what it is, what it does, and how it stands in the run that is shown.
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';

import type { NodeProgress } from '../../graph/progress';
import { Status, StatusDot } from '../../ui/Status';
import { shortTime } from '../../ui/time';
import styles from './Card.module.css';
import { useCanvasFocus } from './focus';
import { KindIcon, familyOf } from './KindIcon';
import type { CardNode } from './elements';

/** One node. */
export const Card = memo(function Card({ id, data, selected }: NodeProps<CardNode>) {
  const { node, kind, ports, progress, problems } = data;
  const { entry, select } = useCanvasFocus();
  const name = node.name ?? kind?.label ?? node.kind;
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
          <span className={styles.name}>{name}</span>
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
function noteOf(progress: NodeProgress | undefined): React.ReactNode {
  if (progress?.status === 'RETRYING') {
    const due = progress.until === undefined ? '' : ` at ${shortTime(progress.until)}`;
    return <Status of="RETRYING" note={`attempt ${progress.attempt}${due}`} />;
  }
  if (progress?.status === 'WAITING') {
    return <Status of="WAITING" note={progress.until === undefined ? undefined : `until ${shortTime(progress.until)}`} />;
  }
  return progress?.status === 'FAILED' || progress?.status === 'UNKNOWN' ? progress.error : undefined;
}
