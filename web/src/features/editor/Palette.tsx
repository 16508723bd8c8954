// The kinds of steps by family: dragged onto the canvas, or clicked to follow the selected step.
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { ActionIcon, TextInput } from '@mantine/core';
import { useState } from 'react';

import { KindIcon } from '../canvas/KindIcon';
import { KIND_TYPE } from './EditCanvas';
import styles from './Palette.module.css';
import { useWorkshop } from './context';
import type { KindForm } from './documents';
import { useAdd } from './useAdd';

const FAMILIES = [
  ['TRIGGER', 'Starts a run'],
  ['LOGIC', 'Decides'],
  ['WAIT', 'Waits'],
  ['ACTION', 'Acts'],
] as const;

/** The palette. */
export function Palette() {
  const { catalogue } = useWorkshop();
  const [folded, fold] = useState(() => matchMedia('(width < 1200px)').matches);
  const [words, search] = useState('');
  const found = [...catalogue.values()].filter((kind) => matches(kind, words));
  return (
    <nav className={styles.palette} aria-label="Palette" data-folded={folded || undefined}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-expanded={!folded}
        aria-label="Palette of steps"
        onClick={() => fold(!folded)}
      >
        {folded ? <IconChevronRight size={16} /> : <IconChevronLeft size={16} />}
      </ActionIcon>
      {!folded && (
        <>
          <TextInput
            size="xs"
            aria-label="Search the palette"
            placeholder="Search"
            value={words}
            onChange={(event) => search(event.currentTarget.value)}
          />
          {FAMILIES.map(([family, title]) => (
            <Group key={family} title={title} kinds={found.filter((kind) => kind.family === family)} />
          ))}
        </>
      )}
    </nav>
  );
}

function Group({ title, kinds }: { readonly title: string; readonly kinds: readonly KindForm[] }) {
  const add = useAdd();
  if (kinds.length === 0) return null;
  return (
    <section>
      <h2 className={styles.title}>{title}</h2>
      {kinds.map((kind) => (
        <button
          key={kind.kind}
          type="button"
          className={styles.kind}
          title={kind.description}
          data-kind={kind.kind}
          draggable
          onDragStart={(event) => event.dataTransfer.setData(KIND_TYPE, kind.kind)}
          onClick={() => add(kind.kind, undefined)}
        >
          <KindIcon kind={kind.kind} family={kind.family} />
          {kind.label}
        </button>
      ))}
    </section>
  );
}

/** Whether what is searched for names a kind. */
function matches(kind: KindForm, words: string): boolean {
  const text = `${kind.label} ${kind.kind} ${kind.description}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
