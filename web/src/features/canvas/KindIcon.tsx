// The icon of each kind of node, in the colour of its family.
import {
  IconArrowsJoin,
  IconArrowsSplit,
  IconBolt,
  IconBox,
  IconCalendarDue,
  IconCalendarTime,
  IconCheckbox,
  IconClockPause,
  IconDatabasePlus,
  IconDatabaseSearch,
  IconDatabaseEdit,
  IconHandClick,
  IconHourglass,
  IconMail,
  IconPlayerStop,
  IconSwitch2,
  IconVariable,
  IconWebhook,
  IconWorld,
  type TablerIcon,
} from '@tabler/icons-react';

import type { NodeFamily } from '../../api/generated/graphql';
import styles from './KindIcon.module.css';
import type { Kind } from './documents';

const ICONS: ReadonlyMap<string, TablerIcon> = new Map([
  ['recordCreated', IconBolt],
  ['recordUpdated', IconBolt],
  ['recordDeleted', IconBolt],
  ['schedule', IconCalendarTime],
  ['dateReached', IconCalendarDue],
  ['webhook', IconWebhook],
  ['manual', IconHandClick],
  ['if', IconArrowsSplit],
  ['switch', IconSwitch2],
  ['join', IconArrowsJoin],
  ['set', IconVariable],
  ['stop', IconPlayerStop],
  ['delay', IconClockPause],
  ['waitFor', IconHourglass],
  ['createRecord', IconDatabasePlus],
  ['updateRecord', IconDatabaseEdit],
  ['findRecords', IconDatabaseSearch],
  ['createTask', IconCheckbox],
  ['sendEmail', IconMail],
  ['httpRequest', IconWorld],
]);

/** The family of a kind; of one that this server does not know, none. */
export function familyOf(kind: Kind | undefined): NodeFamily | 'NONE' {
  return kind?.family ?? 'NONE';
}

/** The icon of a kind. */
export function KindIcon({ kind, family }: { readonly kind: string; readonly family: NodeFamily | 'NONE' }) {
  const Icon = ICONS.get(kind) ?? IconBox;
  return (
    <span className={styles.icon} data-family={family}>
      <Icon size={20} stroke={1.75} aria-hidden />
    </span>
  );
}
