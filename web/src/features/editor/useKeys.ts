// Carries out what the editor's keys ask for.
import type { ReactFlowInstance } from '@xyflow/react';
import { useEffect, useRef } from 'react';

import { clipOf, copied, pasted } from '../../graph/clip';
import { move, remove, tidied } from '../../graph/edit';
import { neighbour } from '../../graph/walk';
import type { Catalogue } from './useCatalogue';
import type { EditEdge, EditNode } from './elements';
import { type Act, actOf, isTyping } from './keys';
import type { Editor } from './useEditor';

const GRID = 16;
const SHIFTS: ReadonlyMap<Act, { x: number; y: number }> = new Map([
  ['moveUp', { x: 0, y: -GRID }],
  ['moveDown', { x: 0, y: GRID }],
  ['moveLeft', { x: -GRID, y: 0 }],
  ['moveRight', { x: GRID, y: 0 }],
]);

/** What the page does itself. */
export interface Deeds {
  readonly flow: ReactFlowInstance<EditNode, EditEdge> | undefined;
  readonly save: () => void;
  /** Shows a part of the inspector and takes the focus there. */
  readonly inspect: (part: 'setup' | 'test' | 'name' | 'pin') => void;
  /** Whether the list is shown instead of the canvas; it walks by itself. */
  readonly listed: boolean;
}

/** Listens to the keys for as long as the editor is there. */
export function useKeys(editor: Editor, catalogue: Catalogue, deeds: Deeds): void {
  const latest = useRef({ editor, catalogue, deeds });
  latest.current = { editor, catalogue, deeds };
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const act = actOf(event);
      if (act === undefined || event.defaultPrevented) return;
      if (isTyping(event.composedPath()[0] ?? null) && act !== 'save' && act !== 'test') return;
      const onControl = event.target instanceof Element && event.target.closest('button, a, [role=tab]') !== null;
      if (onControl && (act === 'open' || isWalk(act))) return;
      if (carryOut(act, latest.current)) event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

const isWalk = (act: Act): boolean => ['up', 'down', 'left', 'right'].includes(act);

interface World {
  readonly editor: Editor;
  readonly catalogue: Catalogue;
  readonly deeds: Deeds;
}

/** Does it; whether there was anything to do. */
function carryOut(act: Act, { editor, catalogue, deeds }: World): boolean {
  const { draft, selected, current } = editor;
  const shift = SHIFTS.get(act);
  if (shift) {
    const moved = draft.nodes.filter((node) => selected.has(node.key) && node.position);
    const places = moved.map(
      ({ key, position = { x: 0, y: 0 } }) => [key, { x: position.x + shift.x, y: position.y + shift.y }] as const,
    );
    editor.change((now) => move(now, new Map(places)), 'moving by keys');
    return places.length > 0;
  }
  switch (act) {
    case 'add':
      editor.ask({ what: 'add', place: undefined });
      return true;
    case 'connect':
      if (current !== undefined) editor.ask({ what: 'connect', from: current });
      return current !== undefined;
    case 'find':
    case 'keys':
      editor.ask({ what: act });
      return true;
    case 'undo':
      editor.undo();
      return true;
    case 'redo':
      editor.redo();
      return true;
    case 'copy':
    case 'cut':
      if (selected.size === 0) return false;
      void navigator.clipboard.writeText(copied(draft, selected));
      if (act === 'cut') editor.change((now) => remove(now, catalogue, selected));
      return true;
    case 'paste':
      void navigator.clipboard.readText().then((text) => paste(editor, text, catalogue));
      return true;
    case 'duplicate':
      paste(editor, copied(draft, selected), catalogue);
      return true;
    case 'delete':
      editor.change((now) => remove(now, catalogue, selected));
      return selected.size > 0;
    case 'open':
      deeds.inspect('setup');
      return current !== undefined;
    case 'rename':
      deeds.inspect('name');
      return true;
    case 'test':
      deeds.inspect('test');
      return true;
    case 'pin':
      deeds.inspect('pin');
      return true;
    case 'fit':
      void deeds.flow?.fitView({ padding: 0.15, maxZoom: 1 });
      return true;
    case 'tidy':
      editor.change((now) => tidied(now, catalogue));
      return true;
    case 'save':
      deeds.save();
      return true;
    case 'leave':
      editor.select([]);
      return true;
    case 'up':
    case 'down':
    case 'left':
    case 'right':
      return !deeds.listed && walk(act, editor, deeds);
    case 'moveUp':
    case 'moveDown':
    case 'moveLeft':
    case 'moveRight':
      return false;
  }
}

function paste(editor: Editor, text: string, catalogue: Catalogue): void {
  const clip = clipOf(text, catalogue);
  if (clip === undefined || clip.nodes.length === 0) return;
  const { draft, keys } = pasted(editor.draft, clip);
  editor.change(() => draft);
  editor.select(keys);
}

function walk(way: 'up' | 'down' | 'left' | 'right', editor: Editor, { flow }: Deeds): boolean {
  const cards = new Map(editor.draft.nodes.map(({ key, position = { x: 0, y: 0 } }) => [key, position]));
  const from = editor.current;
  const next = from === undefined ? editor.draft.nodes[0]?.key : neighbour(cards, from, way);
  const card = next === undefined ? undefined : cards.get(next);
  if (next === undefined || card === undefined) return false;
  editor.select([next]);
  void flow?.setCenter(card.x + 120, card.y + 30, { zoom: flow.getZoom() });
  document.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus({ preventScroll: true });
  return true;
}
