// The icon of each kind of node, in the colour of its family.
import {
  IconArrowsJoin,
  IconArrowsSplit,
  IconBell,
  IconBolt,
  IconBox,
  IconBroadcast,
  IconCalendarDue,
  IconCalendarTime,
  IconCheckbox,
  IconClockPause,
  IconDatabaseImport,
  IconDatabasePlus,
  IconDatabaseSearch,
  IconDatabaseEdit,
  IconDatabaseX,
  IconHandClick,
  IconHourglass,
  IconMail,
  IconMailDown,
  IconMessage,
  IconNote,
  IconPhoneIncoming,
  IconPlayerStop,
  IconRepeat,
  IconSubtask,
  IconSwitch2,
  IconThumbUp,
  IconUserCheck,
  IconVariable,
  IconWebhook,
  IconWorld,
  type TablerIcon,
} from '@tabler/icons-react';

import type { NodeFamily } from '../../api/generated/graphql';
import styles from './KindIcon.module.css';
import type { Kind } from './documents';

export const ICONS: ReadonlyMap<string, TablerIcon> = new Map([
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
  ['called', IconPhoneIncoming],
  ['messageReceived', IconMailDown],
  ['forEach', IconRepeat],
  ['callWorkflow', IconSubtask],
  ['approval', IconThumbUp],
  ['assign', IconUserCheck],
  ['upsertRecord', IconDatabaseImport],
  ['deleteRecord', IconDatabaseX],
  ['addNote', IconNote],
  ['notify', IconBell],
  ['emitSignal', IconBroadcast],
  ['sendSms', IconMessage],
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
