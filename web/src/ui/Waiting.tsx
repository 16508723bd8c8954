// What stands in for content that is on its way, in its shape. Appears after 150 ms only, so that quick answers don't flash.
import { Skeleton } from '@mantine/core';

import styles from './Waiting.module.css';

/** Rows of a table to come. */
export function WaitingRows({ count = 6 }: { readonly count?: number }) {
  return (
    <div className={styles.rows} role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={20} radius="sm" />
      ))}
    </div>
  );
}

/** A canvas to come. */
export function WaitingCanvas() {
  return (
    <div className={styles.canvas} role="status" aria-label="Loading">
      <Skeleton width={240} height={60} radius={10} />
      <Skeleton width={240} height={60} radius={10} />
      <Skeleton width={240} height={60} radius={10} />
    </div>
  );
}
