// A window over the page, by the browser's own means: it keeps the focus, and Esc closes it.
import { CloseButton } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef } from 'react';

import styles from './Dialog.module.css';

interface Props {
  readonly title: string;
  readonly close: () => void;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** The window; it is open for as long as it is there. */
export function Dialog({ title, close, wide = false, children }: Props) {
  const place = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    place.current?.showModal();
    place.current?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={place}
      className={styles.dialog}
      data-wide={wide || undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        <CloseButton onClick={close} aria-label="Close" />
      </header>
      <div className={styles.body}>{children}</div>
    </dialog>
  );
}
