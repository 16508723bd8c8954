// Somebody else saved the draft meanwhile: keep mine, or take theirs; what differs is shown.
import { Button } from '@mantine/core';
import { useMemo } from 'react';

import { useRead } from '../../api/hooks';
import { draftOf } from '../../graph/draft';
import { placed } from '../../graph/edit';
import { Dialog } from '../../ui/Dialog';
import { Differences } from './Differences';
import { useWorkshop } from './context';
import { EDITED } from './documents';
import type { Autosave } from './useAutosave';

/** The window; it stays until one is chosen. */
export function ConflictDialog({
  id,
  save,
  later,
}: {
  readonly id: string;
  readonly save: Autosave;
  readonly later: () => void;
}) {
  const { editor, catalogue } = useWorkshop();
  const { data } = useRead(
    EDITED,
    useMemo(() => ({ id }), [id]),
  );
  const workflow = data?.workflow;
  // The cache still has what was read first, until the server's answer comes.
  const fresh = workflow && workflow.draftVersion > save.version ? workflow : undefined;
  const read = draftOf(fresh?.draft.json, catalogue);
  const theirs = useMemo(() => read && placed(read, catalogue), [read, catalogue]);
  return (
    <Dialog title="Somebody else changed this workflow" close={later} wide>
      <p>It was saved elsewhere while you edited it. This is how yours differs from theirs:</p>
      {theirs && <Differences before={theirs} after={editor.draft} />}
      <div>
        <Button disabled={!fresh} onClick={() => fresh && save.settle(fresh.draftVersion, undefined)}>
          Keep mine
        </Button>{' '}
        <Button
          variant="default"
          disabled={!fresh || !theirs}
          onClick={() => {
            if (!fresh || !theirs) return;
            editor.restart(theirs);
            save.settle(fresh.draftVersion, theirs);
          }}
        >
          Take theirs
        </Button>
      </div>
    </Dialog>
  );
}
