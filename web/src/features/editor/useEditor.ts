// The state of the editor: the draft with its history, what is selected, and what is being asked.
import { useCallback, useMemo, useState } from 'react';

import type { Draft } from '../../graph/draft';
import { type History, begun, redone, stepped, undone } from '../../graph/history';
import type { Place } from '../../graph/edit';

/** What the editor asks at the moment. */
export type Question =
  | { readonly what: 'add'; readonly place: Place | undefined }
  | { readonly what: 'connect'; readonly from: string }
  | { readonly what: 'find' }
  | { readonly what: 'keys' }
  | { readonly what: 'publish' };

/** The editor, for its parts. */
export interface Editor {
  readonly draft: Draft;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly selected: ReadonlySet<string>;
  /** The one node that is selected, where it is one. */
  readonly current: string | undefined;
  readonly question: Question | undefined;
  /** Makes a change. Changes that follow each other about the same thing are undone as one. */
  readonly change: (how: (draft: Draft) => Draft, about?: string) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly select: (keys: readonly string[]) => void;
  readonly ask: (question: Question | undefined) => void;
  /** Begins anew with another draft. */
  readonly restart: (draft: Draft) => void;
}

/** The editor's state, from a draft on. */
export function useEditor(start: Draft): Editor {
  const [history, setHistory] = useState<History<Draft>>(() => begun(start));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [question, ask] = useState<Question>();
  const change = useCallback(
    (how: (draft: Draft) => Draft, about?: string) => setHistory((now) => stepped(now, how(now.present), about)),
    [],
  );
  const undo = useCallback(() => setHistory(undone), []);
  const redo = useCallback(() => setHistory(redone), []);
  const select = useCallback((keys: readonly string[]) => setSelected(new Set(keys)), []);
  const restart = useCallback((draft: Draft) => setHistory(begun(draft)), []);
  const { present: draft, past, future } = history;
  return useMemo(() => {
    const known = draft.nodes.filter((node) => selected.has(node.key)).map((node) => node.key);
    return {
      draft,
      canUndo: past.length > 0,
      canRedo: future.length > 0,
      selected: new Set(known),
      current: known.length === 1 ? known[0] : undefined,
      question,
      change,
      undo,
      redo,
      select,
      ask,
      restart,
    };
  }, [draft, past, future, selected, question, change, undo, redo, select, restart]);
}
