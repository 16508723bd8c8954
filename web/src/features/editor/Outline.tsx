// The same graph as a list, for eyes and screen readers that prefer one: walked by arrows, edited by the editor's keys.
import { type KeyboardEvent, useMemo } from 'react';

import { graphOf } from '../../graph/draft';
import { outline } from '../../graph/outline';
import { KindIcon } from '../canvas/KindIcon';
import styles from './Outline.module.css';
import { useWorkshop } from './context';

/** The list. */
export function Outline() {
  const { editor, catalogue, problems } = useWorkshop();
  const { draft, selected } = editor;
  const graph = useMemo(() => graphOf(draft, catalogue), [draft, catalogue]);
  const lines = useMemo(() => outline(graph), [graph]);
  const nodes = new Map(draft.nodes.map((node) => [node.key, node]));
  const ports = new Map(graph.nodes.map((node) => [node.key, node.ports]));
  const wrong = new Set(problems.map((problem) => problem.node));
  const entry = lines.find((line) => selected.has(line.key))?.id ?? lines[0]?.id;
  const walk = (event: KeyboardEvent<HTMLElement>): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0 || event.altKey) return;
    event.preventDefault();
    const items = [...(event.currentTarget.parentElement?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])];
    const next = items[items.findIndex((item) => item === document.activeElement) + by];
    next?.focus();
    if (next?.dataset['line'] !== undefined) editor.select([next.dataset['line']]);
  };
  return (
    <div role="tree" aria-label="Steps" aria-multiselectable className={styles.tree} tabIndex={-1}>
      {lines.map(({ key, id, by, level, again }) => {
        const node = nodes.get(key);
        const kind = node && catalogue.get(node.kind);
        const way = by !== undefined && level > 1 ? `${by}: ` : '';
        const open = (ports.get(key) ?? []).filter(
          (port) => !draft.edges.some((edge) => edge.from === key && edge.port === port),
        );
        return (
          <div
            key={id}
            role="treeitem"
            aria-level={level}
            aria-selected={selected.has(key)}
            tabIndex={id === entry ? 0 : -1}
            data-line={key}
            className={styles.line}
            style={{ marginInlineStart: (level - 1) * 24 }}
            onClick={() => editor.select([key])}
            onKeyDown={walk}
            onFocus={() => !selected.has(key) && editor.select([key])}
          >
            <KindIcon kind={node?.kind ?? ''} family={kind?.family ?? 'NONE'} />
            <span>
              {way}
              {node?.name ?? kind?.label ?? node?.kind} <code>{key}</code>
              {again && ' (told above)'}
              {wrong.has(key) && ' (has problems)'}
              {!again && open.length > 0 && <small className={styles.open}>open: {open.join(', ')}</small>}
            </span>
          </div>
        );
      })}
      {lines.length === 0 && <p>No steps yet: press N to add one.</p>}
    </div>
  );
}
