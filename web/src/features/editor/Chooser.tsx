// Choosing one of many by typing a part of its name: for adding, connecting and finding.
import { TextInput } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

import { Dialog } from '../../ui/Dialog';
import styles from './Chooser.module.css';

/** Something to choose. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** Why it can't be chosen. */
  readonly refused?: string | undefined;
  readonly icon?: ReactNode;
}

interface Props {
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly choose: (id: string) => void;
  readonly close: () => void;
  readonly children?: ReactNode;
}

/** It has the focus from the start, and keeps it. */
const COMBOBOX = { role: 'combobox', 'aria-expanded': true, 'data-first': true } as const;

/** The window: arrows walk, Enter chooses. */
export function Chooser({ title, choices, choose, close, children }: Props) {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const found = choices.filter(({ label, id, hint = '' }) =>
    words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `${label} ${id} ${hint}`.toLowerCase().includes(word)),
  );
  const marked = found[Math.min(at, found.length - 1)];
  const take = (choice: Choice | undefined): void => {
    if (choice === undefined || choice.refused !== undefined) return;
    close();
    choose(choice.id);
  };
  const pressed = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) setAt((Math.min(at, found.length - 1) + by + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') take(marked);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={title} close={close}>
      {children}
      <TextInput
        {...COMBOBOX}
        aria-label="Search"
        aria-controls={list}
        aria-activedescendant={marked && `${list}${marked.id}`}
        placeholder="Type to search"
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      <div id={list} role="listbox" aria-label={title} className={styles.list}>
        {found.map((choice) => (
          <div
            key={choice.id}
            id={`${list}${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice === marked}
            aria-disabled={choice.refused !== undefined}
            className={styles.choice}
            data-choice={choice.id}
            onClick={() => take(choice)}
            onKeyDown={pressed}
          >
            {choice.icon}
            <span>
              {choice.label}
              <small className={styles.hint}>{choice.refused ?? choice.hint}</small>
            </span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p>Nothing is called so.</p>}
    </Dialog>
  );
}
