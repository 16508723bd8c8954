// A button that asks before it acts, in a small form beside it.
import { Button, Popover } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useState } from 'react';

import styles from './Ask.module.css';

interface Props {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly question: string;
  readonly confirm: string;
  readonly busy: boolean;
  readonly danger?: boolean;
  /** Acts; the form closes where it says true. */
  readonly act: (form: FormData) => Promise<boolean>;
  readonly children?: ReactNode;
}

/** The button and its form. */
export function Ask({ label, icon, question, confirm, busy, danger = false, act, children }: Props) {
  const [open, setOpen] = useState(false);
  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (await act(new FormData(event.currentTarget))) setOpen(false);
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus returnFocus withinPortal width={300}>
      <Popover.Target>
        <Button variant="default" leftSection={icon} onClick={() => setOpen(!open)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <form className={styles.form} onSubmit={(event) => void submit(event)}>
          <p>{question}</p>
          {children}
          <div className={styles.acts}>
            <Button variant="default" onClick={() => setOpen(false)}>
              Close
            </Button>
            <Button type="submit" loading={busy} {...(danger && { color: 'red' })}>
              {confirm}
            </Button>
          </div>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
