// Keeping a workflow as a file.
import { Button } from '@mantine/core';

import { type Draft, fileOf } from '../../graph/draft';

/** The button. */
export function ExportButton({ name, draft }: { readonly name: string; readonly draft: Draft }) {
  const save = (): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(
      new Blob([`${JSON.stringify(fileOf(draft), null, 2)}\n`], { type: 'application/json' }),
    );
    link.download = `${name.toLowerCase().replaceAll(/\W+/g, '-')}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Button variant="default" size="compact-xs" onClick={save}>
      Export
    </Button>
  );
}
