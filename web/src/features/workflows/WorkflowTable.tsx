// The workflows, a row each.
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';

import type { RunRowFragment, WorkflowRowFragment } from '../../api/generated/graphql';
import { Status, StatusDot } from '../../ui/Status';
import { shortTime } from '../../ui/time';
import type { Kinds } from '../canvas/useKinds';
import { StateSwitch } from './StateSwitch';
import styles from './Table.module.css';

/** A workflow with its last runs, the newest first. */
export type Row = WorkflowRowFragment & { readonly runs?: { readonly nodes: readonly RunRowFragment[] } | null };

/** The table. */
export function WorkflowTable({ rows, kinds }: { readonly rows: readonly Row[]; readonly kinds: Kinds }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">Trigger</th>
          <th scope="col">Last runs</th>
          <th scope="col">Version</th>
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>
              <Link to="/workflows/$workflowId" params={{ workflowId: row.id }} className={styles.name}>
                {row.name}
              </Link>
              <Problems count={row.problems.length} />
            </td>
            <td>
              <Status of={row.state} />
            </td>
            <td>{triggers(row, kinds) || <span className={styles.quiet}>None</span>}</td>
            <td>
              <LastRuns runs={row.runs?.nodes ?? []} />
            </td>
            <td>{row.activeVersion?.number ?? <span className={styles.quiet}>Not published</span>}</td>
            <td className={styles.act}>
              <StateSwitch workflow={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Problems({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className={styles.problems}>
      <IconAlertTriangleFilled size={14} aria-hidden />
      {count === 1 ? '1 problem' : `${count} problems`}
    </span>
  );
}

function LastRuns({ runs }: { readonly runs: readonly RunRowFragment[] }) {
  if (runs.length === 0) return <span className={styles.quiet}>None yet</span>;
  return (
    <span className={styles.runs}>
      {runs.toReversed().map((run) => (
        <Link key={run.id} to="/runs/$runId" params={{ runId: run.id }}>
          <StatusDot of={run.status} label={`${run.status.toLowerCase()}, ${shortTime(run.createdAt)}`} />
        </Link>
      ))}
    </span>
  );
}

function triggers(row: WorkflowRowFragment, kinds: Kinds): string {
  const labels = row.draft.nodes.flatMap(({ kind }) => {
    const known = kinds.get(kind);
    return known?.family === 'TRIGGER' ? [known.label] : [];
  });
  return [...new Set(labels)].join(', ');
}
