// The kinds of nodes by name, read once.
import { useMemo } from 'react';

import { useRead } from '../../api/hooks';
import { type Kind, NODE_KINDS } from './documents';

/** Kinds by name. A kind that this server does not know is missing. */
export type Kinds = ReadonlyMap<string, Kind>;

const NO_VARIABLES = {};

/** The kinds of nodes; empty until they are read. */
export function useKinds(): Kinds {
  const { data } = useRead(NODE_KINDS, NO_VARIABLES);
  return useMemo(() => new Map((data?.nodeKinds ?? []).map((kind) => [kind.kind, kind])), [data]);
}
