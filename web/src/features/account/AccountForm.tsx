// A form that opens a session: its frame, its fields' errors, and what failed.
import { Button } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useState } from 'react';

import type { Failure } from '../../api/failure';
import { FailureNotice, Refusals } from '../../ui/Notice';
import styles from './AccountForm.module.css';

/** What the server refused; `field` is the path of the argument. */
export interface Refusal {
  readonly field?: readonly string[] | null;
  readonly message: string;
}

/** How sending ended: refused, failed, or done where neither is there. */
export interface Sent {
  readonly refusals?: readonly Refusal[] | undefined;
  readonly failure?: Failure | undefined;
}

interface Props {
  readonly title: string;
  readonly intro?: string;
  readonly action: string;
  readonly fields: readonly string[];
  readonly send: (values: FormData) => Promise<Sent>;
  /** The fields, given what is wrong with each by its name. */
  readonly children: (wrong: ReadonlyMap<string, string>) => ReactNode;
}

const fieldOf = (refusal: Refusal): string => refusal.field?.at(-1) ?? '';

/** The form. */
export function AccountForm({ title, intro, action, fields, send, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [{ refusals = [], failure }, setSent] = useState<Sent>({});

  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setSent(await send(new FormData(event.currentTarget)));
    setBusy(false);
  };

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        <img src="/icon.svg" alt="" width={32} height={32} />
        <h1>{title}</h1>
        {intro !== undefined && <p className={styles.intro}>{intro}</p>}
        {failure && <FailureNotice failure={failure} />}
        <Refusals messages={refusals.filter((one) => !fields.includes(fieldOf(one))).map((one) => one.message)} />
        {children(new Map(refusals.map((one) => [fieldOf(one), one.message])))}
        <Button type="submit" size="sm" loading={busy}>
          {action}
        </Button>
      </form>
    </main>
  );
}
