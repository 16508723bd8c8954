// The kinds of nodes with what their forms are made of, and the fields of records; read once.
import { useMemo } from 'react';

import type { ObjectFieldsQuery } from '../../api/generated/graphql';
import { useRead } from '../../api/hooks';
import type { Objects, Part } from '../../graph/scope';
import { CATALOGUE, type KindForm, OBJECT_FIELDS } from './documents';

/** Kinds by name, in the order of the palette. */
export type Catalogue = ReadonlyMap<string, KindForm>;

const NO_VARIABLES = {};

/** The kinds; undefined until they are read. */
export function useCatalogue(): Catalogue | undefined {
  const { data } = useRead(CATALOGUE, NO_VARIABLES);
  return useMemo(
    () => (data?.nodeKinds ? new Map(data.nodeKinds.map((kind) => [kind.kind, kind])) : undefined),
    [data],
  );
}

/** The objects whose records workflows are about, with their fields. */
export function useObjects(): Objects {
  const { data } = useRead(OBJECT_FIELDS, NO_VARIABLES);
  return useMemo(() => objectsOf(data), [data]);
}

type Described = NonNullable<NonNullable<NonNullable<ObjectFieldsQuery['__type']>['possibleTypes']>[number]>;

/** Records are what has a version: runs, workflows and the like have none. */
function objectsOf(data: ObjectFieldsQuery | undefined): Objects {
  const types = (data?.__type?.possibleTypes ?? []).filter((type) =>
    type.fields?.some((field) => field.name === 'version'),
  );
  const names = new Set(types.map((type) => type.name));
  return new Map(types.map((type) => [lowered(type.name ?? ''), fieldsOf(type, names)]));
}

function fieldsOf(type: Described, records: ReadonlySet<string | null>): Readonly<Record<string, Part>> {
  const plain = (type.fields ?? []).filter((field) => field.args.length === 0);
  return Object.fromEntries(
    plain.map(({ name, description, type: of }) => {
      const named = of.ofType?.name ?? of.name ?? '';
      const shape = records.has(named) ? { object: lowered(named) } : { leaf: named };
      return [name, { shape, ...(description && { about: description }) }];
    }),
  );
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
