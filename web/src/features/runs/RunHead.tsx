// Whose run it is, how it stands, and how to stop it.
import { Link } from '@tanstack/react-router';

import type { RunQuery, RunStatus } from '../../api/generated/graphql';
import page from '../../ui/Page.module.css';
import { Instant } from '../../ui/Instant';
import { Status } from '../../ui/Status';
import { span } from '../../ui/time';
import { useNow } from '../../ui/useNow';
import { CancelButton } from './CancelButton';
import { isActive } from './status';

/** A run with all that its page shows. */
export type Run = NonNullable<RunQuery['run']>;

/** The page's head. */
export function RunHead({ run, status }: { readonly run: Run; readonly status: RunStatus }) {
  const active = isActive(status);
  const { record } = run;
  return (
    <header className={page.head}>
      <h1>
        {run.workflow && (
          <Link to="/workflows/$workflowId" params={{ workflowId: run.workflow.id }} className={page.crumb}>
            {run.workflow.name} /{' '}
          </Link>
        )}
        Run
      </h1>
      <Status of={status} />
      {run.version && <span className={page.fact}>version {run.version.number}</span>}
      {record && <span className={page.fact}>{'name' in record ? record.name : record.id}</span>}
      <span className={page.fact}>
        started <Instant at={run.startedAt ?? run.createdAt} />
      </span>
      <Took run={run} active={active} />
      {run.causedBy.run && (
        <Link to="/runs/$runId" params={{ runId: run.causedBy.run.id }}>
          caused by a run
        </Link>
      )}
      <div className={page.acts}>{active && <CancelButton run={run.id} />}</div>
    </header>
  );
}

function Took({ run, active }: { readonly run: Run; readonly active: boolean }) {
  const now = useNow(active);
  const end = run.finishedAt ? Date.parse(run.finishedAt) : now;
  if (!active && !run.finishedAt) return null;
  return (
    <span className={page.fact}>
      {active ? 'for' : 'took'} {span(end - Date.parse(run.startedAt ?? run.createdAt))}
    </span>
  );
}
