// A path that leads nowhere.
import { Link } from '@tanstack/react-router';

import { Empty } from '../ui/Notice';

/** The page. */
export function NotFoundPage() {
  return (
    <main>
      <Empty title="There is nothing here" alone>
        <Link to="/">Go to the start</Link>
      </Empty>
    </main>
  );
}
