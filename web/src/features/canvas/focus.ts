// Which card the Tab key comes to, and how one is selected: what the cards need to know of the canvas around them.
import { createContext, useContext } from 'react';

/** The canvas, for its cards. */
export interface CanvasFocus {
  /** The one card in the tab order; arrows walk from it. */
  readonly entry: string | undefined;
  readonly select: (key: string) => void;
}

export const CanvasFocusContext = createContext<CanvasFocus>({ entry: undefined, select: () => undefined });

/** The canvas that a card is on. */
export function useCanvasFocus(): CanvasFocus {
  return useContext(CanvasFocusContext);
}
