// The steps of a run in the order they began, with a bar for when each ran.
import type { Progress } from '../../graph/progress';
import { Instant } from '../../ui/Instant';
import { Status } from '../../ui/Status';
import { shortTime, span } from '../../ui/time';
import { useNow } from '../../ui/useNow';
import styles from './Timeline.module.css';
import { type Bar, timeline } from './timeline';

interface Props {
  readonly progress: Progress;
  readonly active: boolean;
  readonly nameOf: (node: string) => string;
  readonly selected: string | undefined;
  readonly select: (node: string) => void;
}

/** The list. */
export function Timeline({ progress, active, nameOf, selected, select }: Props) {
  const now = useNow(active);
  return (
    <section className={styles.place} aria-label="Steps" tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Status</th>
            <th scope="col">Began</th>
            <th scope="col">Took</th>
            <th scope="col" className={styles.scale}>
              <span className="unseen">When</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {timeline(progress, now).map((bar) => (
            <tr key={bar.node} data-selected={bar.node === selected || undefined}>
              <td>
                <button type="button" aria-pressed={bar.node === selected} onClick={() => select(bar.node)}>
                  {nameOf(bar.node)}
                </button>
              </td>
              <td>
                <Status of={bar.progress.status} note={noteOf(bar)} />
              </td>
              <td>{bar.progress.startedAt && <Instant at={bar.progress.startedAt} />}</td>
              <td>{bar.took !== undefined && span(bar.took)}</td>
              <td className={styles.scale}>
                <span
                  className={styles.bar}
                  data-status={bar.progress.status}
                  style={{ marginLeft: percent(bar.from), width: percent(bar.to - bar.from) }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

function noteOf({ progress: { status, attempt, until } }: Bar): string | undefined {
  if (until !== undefined && status === 'WAITING') return `until ${shortTime(until)}`;
  if (until !== undefined && status === 'RETRYING') return `attempt ${attempt} at ${shortTime(until)}`;
  return attempt > 1 ? `attempt ${attempt}` : undefined;
}
