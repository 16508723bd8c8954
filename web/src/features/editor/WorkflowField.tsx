// Choosing a workflow.
import { NativeSelect } from '@mantine/core';

import { useRead } from '../../api/hooks';
import { CALLABLE } from './documents';

const NO_VARIABLES = {};

/** The field; its value is the workflow's id. */
export function WorkflowField({
  label,
  value,
  changed,
}: {
  readonly label: string;
  readonly value: string;
  readonly changed: (id: string) => void;
}) {
  const { data } = useRead(CALLABLE, NO_VARIABLES);
  const choices = (data?.workflows?.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <NativeSelect
      aria-label={label}
      data={[{ value: '', label: '' }, ...choices]}
      value={value}
      onChange={(event) => changed(event.currentTarget.value)}
    />
  );
}
