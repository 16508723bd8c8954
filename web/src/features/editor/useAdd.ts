// Adding a step of a kind: where it was asked for, else behind the selected step.
import { useCallback } from 'react';

import { portsOf } from '../../graph/draft';
import { type Place, add } from '../../graph/edit';
import { useWorkshop } from './context';

/** Adds, and selects what was added. */
export function useAdd(): (kind: string, place: Place | undefined) => void {
  const { editor, catalogue } = useWorkshop();
  const { draft, current } = editor;
  return useCallback(
    (kind, place) => {
      const node = draft.nodes.find((one) => one.key === current);
      const used = new Set(draft.edges.filter((edge) => edge.from === current).map((edge) => edge.port));
      const port = node && portsOf(catalogue, node, draft.edges).find((one) => !used.has(one));
      const starts = catalogue.get(kind)?.family === 'TRIGGER';
      const behind = node && port !== undefined && !starts ? { way: { from: node.key, port } } : undefined;
      const fallback = { at: lowEnd(draft.nodes) };
      const { draft: next, key } = add(draft, catalogue, kind, place ?? behind ?? fallback);
      editor.change(() => next);
      editor.select([key]);
      requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-node="${CSS.escape(key)}"]`)?.focus());
    },
    [editor, catalogue, draft, current],
  );
}

function lowEnd(nodes: readonly { readonly position?: { readonly x: number; readonly y: number } }[]) {
  const lowest = Math.max(-128, ...nodes.map((node) => node.position?.y ?? 0));
  return { x: nodes[0]?.position?.x ?? 0, y: lowest + 128 };
}
