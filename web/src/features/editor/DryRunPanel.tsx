// A dry run: for which record, how it would end, and everything that it would do.
import { Button } from '@mantine/core';

import { Refusals } from '../../ui/Notice';
import { Status } from '../../ui/Status';
import { RecordField } from './RecordField';
import styles from './Setup.module.css';
import { effectLine } from './trial';
import type { Trials } from './useTrial';

/** The panel. */
export function DryRunPanel({ trials }: { readonly trials: Trials }) {
  const { trial } = trials;
  return (
    <section className={styles.form} aria-label="Dry run">
      <h2>Dry run</h2>
      <p className={styles.hint}>Plays a run through. Nothing is written, and nothing sent; waits pass at once.</p>
      <RecordField trials={trials} />
      <Button loading={trials.busy} onClick={() => void trials.play()}>
        Play
      </Button>
      <Refusals messages={trials.messages} />
      {trial && (
        <>
          <p>
            {trial.status && <Status of={trial.status} />}{' '}
            {trial.wouldStart
              ? 'The record would start it.'
              : 'The record as it is would not start it; this is how it would go.'}{' '}
            {trial.halt?.message}
          </p>
          <h3>What it would do</h3>
          {trial.effects.length === 0 && <p className={styles.hint}>Nothing.</p>}
          <ol aria-label="Effects">
            {trial.effects.map((effect) => (
              <li key={`${effect.step} ${effect.at} ${effectLine(effect)}`}>
                <code>{effect.step}</code>
                <pre className={styles.effect}>{effectLine(effect)}</pre>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
