// What is wrong with a draft, each by its node.
import { IconAlertTriangleFilled, IconCircleXFilled } from '@tabler/icons-react';

import type { WorkflowQuery } from '../../api/generated/graphql';
import styles from './Problems.module.css';

/** One problem of a draft. */
export type Problem = NonNullable<WorkflowQuery['workflow']>['problems'][number];

interface Props {
  readonly problems: readonly Problem[];
  readonly select: (node: string) => void;
}

/** The list; a problem of a node leads to it. */
export function Problems({ problems, select }: Props) {
  if (problems.length === 0) return null;
  return (
    <section className={styles.strip} aria-label="Problems of the draft" tabIndex={0}>
      <ul className={styles.list}>
        {problems.map((problem) => (
          <li key={[problem.node, problem.field, problem.code, problem.message].join()}>
            <ProblemLine problem={problem} select={select} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ProblemLine({ problem, select }: { readonly problem: Problem; readonly select: (node: string) => void }) {
  const { node, field, message, severity, suggestion } = problem;
  const Icon = severity === 'ERROR' ? IconCircleXFilled : IconAlertTriangleFilled;
  return (
    <p className={styles.problem} data-severity={severity}>
      <Icon size={16} aria-hidden />
      <span className="unseen">{severity === 'ERROR' ? 'Error:' : 'Warning:'}</span>
      {node && (
        <button type="button" onClick={() => select(node)}>
          {field ? `${node}.${field}` : node}
        </button>
      )}
      <span>
        {message}
        {suggestion && !message.includes(suggestion) && `; did you mean ${suggestion}?`}
      </span>
    </p>
  );
}

/** How many problems each node has. */
export function countByNode(problems: readonly Problem[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of problems) if (node) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}
