// The editor of an expression or a template; loaded where the first one is shown.
import type { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';

import { proposals, variables } from '../../graph/scope';
import { type Language, type Mark, openCode, replaceText, showMarks } from './code';
import { useWorkshop } from './context';
import type { EditedProblem } from './documents';

/** What it shows, and whom it tells. */
export interface CodeProps {
  readonly label: string;
  readonly node: string;
  readonly text: string;
  readonly language: Language;
  readonly problems: readonly EditedProblem[];
  readonly changed: (text: string) => void;
}

/** The editor. */
export function CodeEditor({ label, node, text, language, problems, changed }: CodeProps) {
  const { editor, objects } = useWorkshop();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ draft: editor.draft, objects, changed });
  latest.current = { draft: editor.draft, objects, changed };
  useEffect(() => {
    const root = place.current?.shadowRoot ?? place.current?.attachShadow({ mode: 'open' });
    if (root === undefined) return;
    const opened = openCode({
      root,
      text,
      label,
      language,
      changed: (next) => latest.current.changed(next),
      propose: (path) => proposals(variables(latest.current.draft, node), latest.current.objects, path),
    });
    view.current = opened;
    return () => opened.destroy();
    // The text that it opens with; later ones are put in below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [node, label, language]);
  useEffect(() => {
    if (view.current) replaceText(view.current, text);
  }, [text]);
  useEffect(() => {
    if (view.current) showMarks(view.current, problems.map(markOf));
  }, [problems]);
  return <div ref={place} data-code={label} />;
}

const markOf = ({ start, end, message, severity }: EditedProblem): Mark => ({ start, end, message, severity });
