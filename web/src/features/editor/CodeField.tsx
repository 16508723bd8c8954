// A field for an expression or a template. Its editor is large, and comes when it is needed.
import { Skeleton } from '@mantine/core';
import { Suspense, lazy } from 'react';

import type { CodeProps } from './CodeEditor';

const CodeEditor = lazy(async () => ({ default: (await import('./CodeEditor')).CodeEditor }));

/** The field. */
export function CodeField(props: CodeProps) {
  return (
    <Suspense fallback={<Skeleton height={32} />}>
      <CodeEditor {...props} />
    </Suspense>
  );
}
