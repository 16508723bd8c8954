// The title of the browser's tab.
import { useEffect } from 'react';

/** Names the tab while the view is there. */
export function useTitle(title: string | null | undefined): void {
  useEffect(() => {
    document.title = title == null ? 'Pointsman' : `${title} · Pointsman`;
  }, [title]);
}
