// Which key does what in the editor. No React here.

/** What a key asks for. */
export type Act =
  | 'add'
  | 'open'
  | 'connect'
  | 'undo'
  | 'redo'
  | 'copy'
  | 'cut'
  | 'paste'
  | 'duplicate'
  | 'delete'
  | 'rename'
  | 'find'
  | 'fit'
  | 'tidy'
  | 'save'
  | 'test'
  | 'pin'
  | 'keys'
  | 'leave'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'moveUp'
  | 'moveDown'
  | 'moveLeft'
  | 'moveRight';

/** A key stroke, as far as it matters. */
export interface Stroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly code: string;
}

const PLAIN: ReadonlyMap<string, Act> = new Map([
  ['n', 'add'],
  ['Enter', 'open'],
  ['c', 'connect'],
  ['Delete', 'delete'],
  ['Backspace', 'delete'],
  ['F2', 'rename'],
  ['/', 'find'],
  ['1', 'fit'],
  ['p', 'pin'],
  ['?', 'keys'],
  ['Escape', 'leave'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
]);
const CONTROLLED: ReadonlyMap<string, Act> = new Map([
  ['z', 'undo'],
  ['y', 'redo'],
  ['c', 'copy'],
  ['x', 'cut'],
  ['v', 'paste'],
  ['d', 'duplicate'],
  ['s', 'save'],
  ['Enter', 'test'],
]);
const ALTERED: ReadonlyMap<string, Act> = new Map([
  ['ArrowUp', 'moveUp'],
  ['ArrowDown', 'moveDown'],
  ['ArrowLeft', 'moveLeft'],
  ['ArrowRight', 'moveRight'],
]);

/** What is said of the keys to people, in the order of their list. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['N', 'Add a step behind the selected one'],
  ['Enter', 'Open the selected step'],
  ['Tab, arrows', 'Walk the graph'],
  ['Alt + arrows', 'Move the selected steps'],
  ['C', 'Connect to…'],
  ['Del', 'Delete'],
  ['F2', 'Rename'],
  ['P', 'Pin what the step gave in the test'],
  ['Ctrl Z, Ctrl Shift Z', 'Undo, redo'],
  ['Ctrl C, X, V, D', 'Copy, cut, paste, duplicate'],
  ['Ctrl Enter', 'Test the step'],
  ['Ctrl S', 'Save now'],
  ['/', 'Find a step'],
  ['1', 'Fit the graph into the window'],
  ['Shift Alt T', 'Tidy'],
  ['Esc', 'Close'],
  ['?', 'These keys'],
];

/** What a stroke asks for; undefined where it is none of the editor's. */
export function actOf({ key, ctrlKey, metaKey, shiftKey, altKey, code }: Stroke): Act | undefined {
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (ctrlKey || metaKey) return name === 'z' && shiftKey ? 'redo' : CONTROLLED.get(name);
  if (altKey) return shiftKey && code === 'KeyT' ? 'tidy' : ALTERED.get(name);
  return PLAIN.get(name);
}

/** Whether a stroke there is typing, and not the editor's. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('input, textarea, select, [contenteditable], [data-code], dialog') !== null;
}
