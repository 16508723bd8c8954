// What a step of the run was given, what it gave, and what it failed of.
import type { RunQuery } from '../../api/generated/graphql';
import type { NodeProgress } from '../../graph/progress';
import { Json } from '../../ui/Json';
import { Status } from '../../ui/Status';
import styles from './StepPanel.module.css';

type Step = NonNullable<RunQuery['run']>['steps'][number];

interface Props {
  readonly progress: NodeProgress;
  /** As the API knows it; undefined until the step has begun. */
  readonly step: Step | undefined;
}

/** The panel's middle part. */
export function StepPanel({ progress, step }: Props) {
  return (
    <>
      <dl className={styles.facts}>
        <dt>Status</dt>
        <dd>
          <Status of={progress.status} />
        </dd>
        {progress.attempt > 0 && (
          <>
            <dt>Attempts</dt>
            <dd>{progress.attempt}</dd>
          </>
        )}
        {progress.port !== undefined && (
          <>
            <dt>Left by</dt>
            <dd>
              <code>{progress.port}</code>
            </dd>
          </>
        )}
      </dl>
      {progress.error !== undefined && <p className={styles.error}>{progress.error}</p>}
      <Json title="Input" value={step?.input} />
      <Json title="Output" value={step?.output} />
      <Json title="Error" value={step?.error && { code: step.error.code, message: step.error.message }} />
    </>
  );
}
