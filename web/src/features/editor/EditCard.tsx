// A node on the editor's canvas, with its ports: wires are drawn from them, and an open one offers a next step.
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { Handle, type NodeProps, Position, useConnection } from '@xyflow/react';
import { memo } from 'react';

import { refusal } from '../../graph/edit';
import { StatusDot } from '../../ui/Status';
import card from '../canvas/Card.module.css';
import { KindIcon } from '../canvas/KindIcon';
import styles from './EditCard.module.css';
import { useWorkshop } from './context';
import type { EditNode } from './elements';

/** One node. */
export const EditCard = memo(function EditCard({ id, data, selected }: NodeProps<EditNode>) {
  const { node, kind, ports, problems, progress } = data;
  const { editor } = useWorkshop();
  const family = kind?.family ?? 'NONE';
  const entry = editor.selected.size > 0 ? selected : editor.draft.nodes[0]?.key === id;
  const refused = useRefusal(id);
  return (
    <>
      {family !== 'TRIGGER' && <Handle type="target" position={Position.Top} className={styles.entrance} />}
      <div
        role="button"
        className={card.card}
        data-node={id}
        data-status={progress?.status}
        data-disabled={node.disabled || undefined}
        data-refused={refused !== undefined || undefined}
        title={refused}
        aria-pressed={selected}
        tabIndex={entry ? 0 : -1}
      >
        <KindIcon kind={node.kind} family={family} />
        <span className={card.text}>
          <span className={card.name}>{node.name ?? kind?.label ?? node.kind}</span>
          <span className={card.summary}>{refused ?? summary(node.config) ?? node.key}</span>
        </span>
        {problems > 0 && (
          <span className={card.problem} title={`${problems} problem${problems === 1 ? '' : 's'}`}>
            <IconAlertTriangleFilled size={16} aria-hidden />
            <span className="unseen">has problems</span>
          </span>
        )}
        {progress && progress.status !== 'PENDING' && <StatusDot of={progress.status} />}
      </div>
      {ports.map(({ name, open }, index) => {
        const left = `${((index + 1) / (ports.length + 1)) * 100}%`;
        return (
          <Handle
            key={name}
            id={name}
            type="source"
            position={Position.Bottom}
            className={styles.exit}
            style={{ left }}
          >
            {open && (
              <button
                type="button"
                tabIndex={-1}
                className={styles.more}
                aria-label={`Add a step behind ${id}, ${name}`}
                onClick={(event) => {
                  event.stopPropagation();
                  editor.ask({ what: 'add', place: { way: { from: id, port: name } } });
                }}
              >
                {ports.length > 1 && name} +
              </button>
            )}
          </Handle>
        );
      })}
    </>
  );
});

/** Why the wire that is being drawn may not end here; undefined where it may, or none is. */
function useRefusal(id: string): string | undefined {
  const { editor, catalogue } = useWorkshop();
  const wire = useConnection((connection) =>
    connection.inProgress ? JSON.stringify([connection.fromNode.id, connection.fromHandle.id]) : undefined,
  );
  if (wire === undefined) return undefined;
  const [from, port] = JSON.parse(wire) as [string, string];
  return from === id ? undefined : refusal(editor.draft, catalogue, { from, port, to: id });
}

/** The first text of a config, as a summary. */
function summary(config: Readonly<Record<string, unknown>>): string | undefined {
  return Object.values(config).find((value): value is string => typeof value === 'string' && value !== '');
}
