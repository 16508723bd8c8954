// Pausing and resuming a workflow. Pausing needs no question: it is undone by the same button.
import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';

import type { WorkflowState } from '../../api/generated/graphql';
import { useWrite } from '../../api/hooks';
import { Refusals } from '../../ui/Notice';
import { PAUSE, RESUME } from './documents';
import { outcome } from '../../api/outcome';

interface Props {
  readonly workflow: { readonly id: string; readonly name: string; readonly state: WorkflowState };
}

/** The button, where the workflow is active or paused. */
export function StateSwitch({ workflow: { id, name, state } }: Props) {
  const pause = useWrite(PAUSE);
  const resume = useWrite(RESUME);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  if (state !== 'ACTIVE' && state !== 'PAUSED') return null;

  const act = async (): Promise<void> => {
    if (state === 'ACTIVE') {
      const result = await pause.write({ id });
      setWrong(outcome(result, result.data?.workflowPause));
    } else {
      const result = await resume.write({ id });
      setWrong(outcome(result, result.data?.workflowResume));
    }
  };
  const word = state === 'ACTIVE' ? 'Pause' : 'Resume';
  const Icon = state === 'ACTIVE' ? IconPlayerPause : IconPlayerPlay;
  return (
    <>
      <Refusals messages={wrong} />
      <Button
        variant="default"
        leftSection={<Icon size={16} aria-hidden />}
        aria-label={`${word} ${name}`}
        loading={pause.busy || resume.busy}
        onClick={() => void act()}
      >
        {word}
      </Button>
    </>
  );
}
