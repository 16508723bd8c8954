// Publishing: what will change, and what is wrong. Errors keep a draft from being published.
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';

import { outcome } from '../../api/outcome';
import { useWrite } from '../../api/hooks';
import { type Draft, draftOf } from '../../graph/draft';
import { Dialog } from '../../ui/Dialog';
import { Refusals } from '../../ui/Notice';
import { PUBLISH } from '../workflows/documents';
import { Problems } from '../workflows/Problems';
import { Differences } from './Differences';
import { useWorkshop } from './context';
import type { EditedWorkflow } from './documents';
import type { Autosave } from './useAutosave';

interface Props {
  readonly workflow: EditedWorkflow;
  readonly save: Autosave;
  readonly done: () => void;
}

const NOTHING: Draft = { nodes: [], edges: [] };

/** The window. Saves first, so that what is shown is what is published. */
export function PublishDialog({ workflow, save, done }: Props) {
  const { editor, catalogue } = useWorkshop();
  const { busy, write } = useWrite(PUBLISH);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const { flush, problems, state } = save;
  useEffect(() => void flush(), [flush]);
  const errors = problems.filter((problem) => problem.severity === 'ERROR').length;
  const close = (): void => editor.ask(undefined);
  const publish = async (): Promise<void> => {
    const result = await write({ input: { id: workflow.id, expectedVersion: save.version } });
    const payload = result.data?.workflowPublish;
    const messages = outcome(result, payload);
    setWrong(messages);
    if (messages.length > 0) return;
    close();
    done();
  };
  const before = draftOf(workflow.activeVersion?.definition.json, catalogue) ?? NOTHING;
  return (
    <Dialog title={`Publish ${workflow.name}`} close={close} wide>
      <p>New runs start on this version at once. Runs under way stay on theirs.</p>
      <h3>What changes</h3>
      <Differences before={before} after={editor.draft} />
      {errors > 0 && <p>{errors === 1 ? 'One error keeps' : `${errors} errors keep`} this from being published.</p>}
      <Problems
        problems={problems}
        select={(key) => {
          close();
          editor.select([key]);
        }}
      />
      <Refusals messages={wrong} />
      <Button
        disabled={errors > 0 || state.is !== 'saved'}
        loading={busy || state.is === 'saving'}
        onClick={() => void publish()}
      >
        Publish now
      </Button>
    </Dialog>
  );
}
