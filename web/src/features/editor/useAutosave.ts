// Saves the draft by itself, a while after the last change, and never over somebody else's: then it asks.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { outcome } from '../../api/outcome';
import { useWrite } from '../../api/hooks';
import { type Draft, fileOf } from '../../graph/draft';
import { type EditedProblem, type EditedWorkflow, SAVE } from './documents';

const AFTER_MS = 800;

/** How the draft stands. */
export type SaveState =
  | { readonly is: 'saved' | 'unsaved' | 'saving' | 'conflict' }
  | { readonly is: 'failed'; readonly messages: readonly string[] };

/** Saving, for the editor. */
export interface Autosave {
  readonly state: SaveState;
  readonly version: number;
  readonly problems: readonly EditedProblem[];
  /** Saves what is unsaved now; whether all is saved then. */
  readonly flush: () => Promise<boolean>;
  /** Goes on from what the server has: `theirs` is taken for saved, or else ours is saved over it. */
  readonly settle: (version: number, theirs: Draft | undefined) => void;
}

/** Saves `draft` by itself. */
export function useAutosave(workflow: EditedWorkflow, draft: Draft): Autosave {
  const { write } = useWrite(SAVE);
  const [state, setState] = useState<SaveState>({ is: 'saved' });
  const [problems, setProblems] = useState<readonly EditedProblem[]>(workflow.problems);
  const [version, setVersion] = useState(workflow.draftVersion);
  // What the timer's call needs of the last render.
  const latest = useRef({ draft, saved: draft, version: workflow.draftVersion, under: Promise.resolve(true) });
  latest.current.draft = draft;

  const save = useCallback(async (): Promise<boolean> => {
    const now = latest.current;
    if (now.saved === now.draft) return true;
    const sent = now.draft;
    setState({ is: 'saving' });
    const result = await write({ input: { id: workflow.id, expectedVersion: now.version, json: fileOf(sent) } });
    const payload = result.data?.workflowDraftSave;
    if (payload?.workflow) {
      Object.assign(now, { saved: sent, version: payload.workflow.draftVersion });
      setVersion(payload.workflow.draftVersion);
      setProblems(payload.problems);
      setState({ is: now.draft === sent ? 'saved' : 'unsaved' });
      return now.draft === sent || save();
    }
    const conflict = payload?.userErrors.some((error) => error.code === 'CONFLICT') ?? false;
    setState(conflict ? { is: 'conflict' } : { is: 'failed', messages: outcome(result, payload) });
    return false;
  }, [workflow.id, write]);

  const flush = useCallback((): Promise<boolean> => {
    latest.current.under = latest.current.under.then(save, save);
    return latest.current.under;
  }, [save]);

  const settle = useCallback(
    (number: number, theirs: Draft | undefined) => {
      const now = latest.current;
      Object.assign(now, { version: number, ...(theirs && { saved: theirs, draft: theirs }) });
      setVersion(number);
      setState({ is: theirs ? 'saved' : 'unsaved' });
      if (theirs === undefined) void flush();
    },
    [flush],
  );

  const unresolved = state.is === 'conflict';
  useEffect(() => {
    if (latest.current.saved === draft || unresolved) return;
    setState({ is: 'unsaved' });
    const timer = setTimeout(() => void flush(), AFTER_MS);
    return () => clearTimeout(timer);
  }, [draft, flush, unresolved]);

  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent): void => {
      if (latest.current.saved !== latest.current.draft) event.preventDefault();
    };
    addEventListener('beforeunload', leaving);
    return () => {
      removeEventListener('beforeunload', leaving);
      void flush();
    };
  }, [flush]);

  return useMemo(() => ({ state, version, problems, flush, settle }), [state, version, problems, flush, settle]);
}
