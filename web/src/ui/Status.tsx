// How the states of workflows, runs and steps look: always an icon, a word and a colour.
import {
  IconArchive,
  IconArrowBarToRight,
  IconBan,
  IconCircle,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconClock,
  IconHelpCircle,
  IconLoader2,
  IconPencil,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRefresh,
  IconRepeat,
  type TablerIcon,
} from '@tabler/icons-react';

import type { RunStatus, WorkflowState } from '../api/generated/graphql';
import type { NodeStatus } from '../graph/progress';
import styles from './Status.module.css';

/** Every state that is shown. */
export type AnyStatus = NodeStatus | RunStatus | WorkflowState | 'READY' | 'LOOPING';

interface Look {
  readonly word: string;
  readonly tone: 'ok' | 'fail' | 'warn' | 'run' | 'wait' | 'muted';
  readonly icon: TablerIcon;
}

const LOOKS: Record<AnyStatus, Look> = {
  PENDING: { word: 'Pending', tone: 'muted', icon: IconCircle },
  READY: { word: 'Ready', tone: 'muted', icon: IconCircle },
  QUEUED: { word: 'Queued', tone: 'muted', icon: IconCircle },
  RUNNING: { word: 'Running', tone: 'run', icon: IconLoader2 },
  WAITING: { word: 'Waiting', tone: 'wait', icon: IconClock },
  RETRYING: { word: 'Retrying', tone: 'warn', icon: IconRefresh },
  LOOPING: { word: 'Looping', tone: 'run', icon: IconRepeat },
  SUCCEEDED: { word: 'Succeeded', tone: 'ok', icon: IconCircleCheckFilled },
  FAILED: { word: 'Failed', tone: 'fail', icon: IconCircleXFilled },
  SKIPPED: { word: 'Skipped', tone: 'muted', icon: IconArrowBarToRight },
  CANCELLED: { word: 'Cancelled', tone: 'muted', icon: IconBan },
  REFUSED: { word: 'Refused', tone: 'warn', icon: IconBan },
  UNKNOWN: { word: 'Unknown', tone: 'warn', icon: IconHelpCircle },
  DRAFT: { word: 'Draft', tone: 'muted', icon: IconPencil },
  ACTIVE: { word: 'Active', tone: 'ok', icon: IconPlayerPlayFilled },
  PAUSED: { word: 'Paused', tone: 'warn', icon: IconPlayerPauseFilled },
  ARCHIVED: { word: 'Archived', tone: 'muted', icon: IconArchive },
};

/** A state with its word. */
export function Status({ of, note }: { readonly of: AnyStatus; readonly note?: string | undefined }) {
  const { word, tone, icon: Icon } = LOOKS[of];
  return (
    <span className={styles.status} data-tone={tone} data-status={of}>
      <Icon size={16} aria-hidden />
      {word}
      {note !== undefined && <span className={styles.note}>{note}</span>}
    </span>
  );
}

/** A state where there is no room for its word; people who see no colours hear or hover it. */
export function StatusDot({ of, label }: { readonly of: AnyStatus; readonly label?: string }) {
  const { word, tone, icon: Icon } = LOOKS[of];
  return (
    <span className={styles.status} data-tone={tone} data-status={of} title={label ?? word}>
      <Icon size={16} aria-hidden />
      <span className="unseen">{label ?? word}</span>
    </span>
  );
}
