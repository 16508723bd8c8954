// Cancelling a run.
import { IconBan } from '@tabler/icons-react';
import { useState } from 'react';

import { useWrite } from '../../api/hooks';
import { Ask } from '../../ui/Ask';
import { Refusals } from '../../ui/Notice';
import { outcome } from '../../api/outcome';
import { CANCEL } from './documents';

/** The button. */
export function CancelButton({ run }: { readonly run: string }) {
  const { busy, write } = useWrite(CANCEL);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const act = async (): Promise<boolean> => {
    const result = await write({ id: run });
    const messages = outcome(result, result.data?.runCancel);
    setWrong(messages);
    return messages.length === 0;
  };
  return (
    <Ask
      label="Cancel"
      icon={<IconBan size={16} aria-hidden />}
      question="Nothing more of this run happens. What it has done stays done."
      confirm="Cancel the run"
      busy={busy}
      danger
      act={act}
    >
      <Refusals messages={wrong} />
    </Ask>
  );
}
