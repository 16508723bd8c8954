// Publishing a draft. The server refuses one with errors, and says which.
import { useWrite } from '../../api/hooks';
import { Ask } from '../../ui/Ask';
import { PUBLISH } from './documents';
import { outcome } from '../../api/outcome';

interface Props {
  readonly workflow: { readonly id: string; readonly draftVersion: number };
  readonly refused: (messages: readonly string[]) => void;
  /** Called after the answer, whatever it was. */
  readonly done: () => void;
}

/** The button. */
export function PublishButton({ workflow: { id, draftVersion }, refused, done }: Props) {
  const { busy, write } = useWrite(PUBLISH);
  const act = async (): Promise<boolean> => {
    const result = await write({ input: { id, expectedVersion: draftVersion } });
    refused(outcome(result, result.data?.workflowPublish));
    done();
    return true;
  };
  return (
    <Ask
      label="Publish"
      question="New runs start on this version at once. Runs under way stay on theirs."
      confirm="Publish"
      busy={busy}
      act={act}
    />
  );
}
