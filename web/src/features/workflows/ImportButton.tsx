// Importing a workflow from its JSON file.
import { Button } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ChangeEvent, useRef } from 'react';

import { useWrite } from '../../api/hooks';
import { CREATE } from './documents';
import { nameOf, readDefinition } from './file';
import { outcome } from '../../api/outcome';

/** The button. Leads to the new workflow, or tells why there is none. */
export function ImportButton({ refused }: { readonly refused: (messages: readonly string[]) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  const { busy, write } = useWrite(CREATE);
  const navigate = useNavigate();

  const take = async ({ currentTarget }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = currentTarget.files?.[0];
    if (file === undefined) return;
    const read = readDefinition(await file.text());
    // So that the same file can be picked again once it is mended.
    currentTarget.value = '';
    if ('problem' in read) return refused([`${file.name}: ${read.problem}`]);
    const result = await write({ input: { name: nameOf(file.name), json: read.json } });
    refused(outcome(result, result.data?.workflowCreate));
    const workflow = result.data?.workflowCreate?.workflow;
    if (workflow) void navigate({ to: '/workflows/$workflowId', params: { workflowId: workflow.id } });
  };

  return (
    <>
      <input
        ref={picker}
        type="file"
        accept="application/json,.json"
        aria-label="Workflow file"
        hidden
        onChange={(event) => void take(event)}
      />
      <Button
        variant="default"
        leftSection={<IconUpload size={16} aria-hidden />}
        loading={busy}
        onClick={() => picker.current?.click()}
      >
        Import
      </Button>
    </>
  );
}
