// What every part of the editor needs, without handing it through all of them.
import { createContext, useContext } from 'react';

import type { Objects } from '../../graph/scope';
import type { EditedProblem } from './documents';
import type { Catalogue } from './useCatalogue';
import type { Editor } from './useEditor';

/** The editor and what it knows. */
export interface Workshop {
  readonly editor: Editor;
  readonly catalogue: Catalogue;
  readonly objects: Objects;
  readonly problems: readonly EditedProblem[];
}

export const WorkshopContext = createContext<Workshop | undefined>(undefined);

/** The editor that a part belongs to. */
export function useWorkshop(): Workshop {
  const workshop = useContext(WorkshopContext);
  if (workshop === undefined) throw new Error('a part of the editor stands outside of it');
  return workshop;
}
