// Which record a workflow is tried out with.
import { TextInput } from '@mantine/core';
import { useId, useMemo } from 'react';

import { useRead } from '../../api/hooks';
import { SAMPLES } from './documents';
import { useWorkshop } from './context';
import type { Trials } from './useTrial';

/** The field: an id, proposed by name from the records of the triggers' objects. */
export function RecordField({ trials }: { readonly trials: Trials }) {
  const { editor } = useWorkshop();
  const list = useId();
  const objects = editor.draft.nodes
    .map((node) => node.config['object'])
    .filter((one) => typeof one === 'string')
    .join();
  const wanted = useMemo(() => {
    const has = (name: string): boolean => objects.split(',').includes(name);
    return { company: has('company'), contact: has('contact'), deal: has('deal'), task: has('task') };
  }, [objects]);
  const { data } = useRead(SAMPLES, wanted);
  const named = [...(data?.companies?.nodes ?? []), ...(data?.contacts?.nodes ?? []), ...(data?.deals?.nodes ?? [])];
  const titled = (data?.tasks?.nodes ?? []).map(({ id, title }) => ({ id, name: title }));
  return (
    <>
      <TextInput
        label="Record"
        placeholder="Choose, or give an id"
        list={list}
        value={trials.record}
        onChange={(event) => trials.setRecord(event.currentTarget.value)}
      />
      <datalist id={list}>
        {[...named, ...titled].map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}
