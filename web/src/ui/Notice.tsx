// What went wrong, said where it went wrong, with what can be done about it.
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import type { Failure } from '../api/failure';
import { useConnection } from '../api/socket';
import styles from './Notice.module.css';
import { timeOfDay } from './time';

/** A failure with its request's id, and Retry where asking again may help. */
export function FailureNotice({ failure, retry }: { readonly failure: Failure; readonly retry?: () => void }) {
  return (
    <div className={styles.notice} data-tone="fail" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <p>
        {failure.message}
        {failure.requestId !== undefined && (
          <span className={styles.detail}>
            {' '}
            Request <code>{failure.requestId}</code>
          </span>
        )}
      </p>
      {retry && (
        <Button size="compact-xs" variant="default" onClick={retry}>
          Retry
        </Button>
      )}
    </div>
  );
}

/** What the server refused, in its words. */
export function Refusals({ messages }: { readonly messages: readonly string[] }) {
  if (messages.length === 0) return null;
  return (
    <div className={styles.notice} data-tone="fail" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <ul className={styles.list}>
        {messages.map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </div>
  );
}

/** Says that live views stand still, and since when. */
export function ConnectionNotice() {
  const { lostAt } = useConnection();
  return (
    <div role="status" className={styles.place}>
      {lostAt && (
        <div className={styles.notice} data-tone="warn">
          <IconWifiOff size={16} aria-hidden />
          <p>Reconnecting… data as of {timeOfDay(lostAt)}</p>
        </div>
      )}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  /** Whether nothing else is on the page. */
  readonly alone?: boolean;
  readonly children: ReactNode;
}

/** There is nothing, and what to do about it. */
export function Empty({ title, alone = false, children }: EmptyProps) {
  const Heading = alone ? 'h1' : 'h2';
  return (
    <div className={styles.empty}>
      <Heading>{title}</Heading>
      <p>{children}</p>
    </div>
  );
}
