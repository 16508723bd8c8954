// The text field for expressions and templates: completion of what can be read there, and the check's problems under the
// words they are about. It lives in a shadow tree, whose style sheets the content security policy lets code make.
import {
  type CompletionContext,
  type CompletionResult,
  autocompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, tooltips } from '@codemirror/view';

import type { Proposal } from '../../graph/scope';

/** What a field holds: an expression as a whole, or a text with expressions in braces. */
export type Language = 'expression' | 'template';

/** What the field needs of its surroundings. */
export interface CodeOptions {
  readonly root: ShadowRoot;
  readonly text: string;
  readonly label: string;
  readonly language: Language;
  readonly changed: (text: string) => void;
  readonly propose: (path: readonly string[]) => readonly Proposal[];
}

/** A place in a text that something is wrong with, counted in bytes. */
export interface Mark {
  readonly start: number | null;
  readonly end: number | null;
  readonly message: string;
  readonly severity: 'ERROR' | 'WARNING';
}

const LOOK = EditorView.theme({
  '&': {
    fontSize: '12px',
    color: 'var(--ink)',
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--control)',
    borderRadius: '6px',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, Menlo, Consolas, monospace', lineHeight: '18px', maxHeight: '240px' },
  '.cm-content': { padding: '6px 8px', minHeight: '18px', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--fail)' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warn)' },
  '.cm-tooltip': { color: 'var(--ink)', backgroundColor: 'var(--panel)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { color: 'var(--on-accent)', backgroundColor: 'var(--accent)' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-completionDetail': { marginLeft: '8px', fontStyle: 'normal', opacity: '0.8' },
  '.cm-diagnostic': { borderLeftColor: 'var(--fail)', fontFamily: 'system-ui' },
});

/** Opens the field. */
export function openCode({ root, text, label, language, changed, propose }: CodeOptions): EditorView {
  const complete = (context: CompletionContext): CompletionResult | null => completion(context, language, propose);
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        LOOK,
        history(),
        // Tab leaves the field, as in every form.
        keymap.of([...completionKeymap, ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'), ...historyKeymap]),
        autocompletion({ override: [complete], icons: false }),
        tooltips({ position: 'fixed' }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
}

/** Puts another text into the field, unless it has that text already. */
export function replaceText(view: EditorView, text: string): void {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

/** Underlines what the check is about; a problem without a place underlines everything. */
export function showMarks(view: EditorView, marks: readonly Mark[]): void {
  const text = view.state.doc.toString();
  const diagnostics = marks.map(({ start, end, message, severity }): Diagnostic => {
    const from = start === null ? 0 : unitsAt(text, start);
    const to = end === null ? text.length : unitsAt(text, end);
    return { from, to: Math.max(from, to), message, severity: severity === 'ERROR' ? 'error' : 'warning' };
  });
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

/** The place in a text that so many bytes of UTF-8 come to. */
export function unitsAt(text: string, bytes: number): number {
  let [left, units] = [bytes, 0];
  for (const character of text) {
    if (left <= 0) break;
    left -= new TextEncoder().encode(character).length;
    units += character.length;
  }
  return units;
}

/** The path before the caret, such as `record.company.`; undefined where no name is being written. */
export function pathBefore(
  text: string,
  language: Language,
): { readonly path: readonly string[]; readonly word: string } | undefined {
  if (
    language === 'template' &&
    text.lastIndexOf('{{') <= text.lastIndexOf('}}') &&
    text.lastIndexOf('{%') <= text.lastIndexOf('%}')
  ) {
    return undefined;
  }
  const found = /((?:[A-Za-z_]\w*\s*\.\s*)*)([A-Za-z_]\w*)?$/.exec(text);
  const path = (found?.[1] ?? '')
    .split('.')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return { path, word: found?.[2] ?? '' };
}

function completion(
  context: CompletionContext,
  language: Language,
  propose: CodeOptions['propose'],
): CompletionResult | null {
  const before = context.state.sliceDoc(0, context.pos);
  const place = pathBefore(before, language);
  if (place === undefined) return null;
  const opens = language === 'template' && /\{\{\s*$/.test(before);
  if (place.path.length === 0 && place.word === '' && !opens && !context.explicit) return null;
  const options = propose(place.path).map(({ name, type, about }) => ({
    label: name,
    detail: type,
    ...(about && { info: about }),
  }));
  return options.length > 0 ? { from: context.pos - place.word.length, options, validFor: /^\w*$/ } : null;
}
