// What differs between two drafts, as a list.
import type { Draft } from '../../graph/draft';
import { differences } from '../../graph/compare';

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** The list. */
export function Differences({ before, after }: { readonly before: Draft; readonly after: Draft }) {
  const found = differences(before, after);
  if (found.length === 0) return <p>Nothing differs but where the steps stand.</p>;
  return (
    <ul aria-label="Differences">
      {found.map(({ what, thing, fields }) => (
        <li key={what + thing}>
          <span aria-hidden>{SIGNS[what]}</span> <span className="unseen">{what}:</span> {thing}
          {fields.length > 0 && `: ${fields.join(', ')}`}
        </li>
      ))}
    </ul>
  );
}
