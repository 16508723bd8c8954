// What can be done with a workflow.
import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';

import type { WorkflowQuery } from '../../api/generated/graphql';
import { PublishButton } from './PublishButton';
import { RunByHand } from './RunByHand';
import { StateSwitch } from './StateSwitch';
import { manualStart } from './manual';

interface Props {
  readonly workflow: NonNullable<WorkflowQuery['workflow']>;
  readonly refused: (messages: readonly string[]) => void;
  readonly reread: () => void;
}

/** The buttons. */
export function WorkflowActs({ workflow, refused, reread }: Props) {
  const { activeVersion, state } = workflow;
  const start = state === 'ACTIVE' && activeVersion ? manualStart(activeVersion.definition.nodes) : undefined;
  const navigate = useNavigate();
  const edit = (): void => void navigate({ to: '/workflows/$workflowId/edit', params: { workflowId: workflow.id } });
  return (
    <>
      {state !== 'ARCHIVED' && (
        <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={edit}>
          Edit
        </Button>
      )}
      {start && <RunByHand workflow={workflow.id} start={start} />}
      <StateSwitch workflow={workflow} />
      {state !== 'ARCHIVED' && <PublishButton workflow={workflow} refused={refused} done={reread} />}
    </>
  );
}
