// Editing a workflow's draft.
import { Link, getRouteApi } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';

import { useRead } from '../api/hooks';
import { Editing } from '../features/editor/Editing';
import { EDITED, type EditedWorkflow } from '../features/editor/documents';
import { type Catalogue, useCatalogue } from '../features/editor/useCatalogue';
import { type Draft, draftOf } from '../graph/draft';
import { placed } from '../graph/edit';
import { Empty, FailureNotice } from '../ui/Notice';
import { Status } from '../ui/Status';
import { useTitle } from '../ui/useTitle';
import { WaitingCanvas } from '../ui/Waiting';
import styles from '../ui/Page.module.css';

const route = getRouteApi('/shell/workflows/$workflowId/edit');

/** The page. */
export function EditPage() {
  const { workflowId } = route.useParams();
  const { data, failure, reread } = useRead(
    EDITED,
    useMemo(() => ({ id: workflowId }), [workflowId]),
  );
  const catalogue = useCatalogue();
  const workflow = data?.workflow;
  useTitle(workflow && `Edit ${workflow.name}`);
  return (
    <div className={styles.full}>
      {workflow && (
        <header className={styles.head}>
          <h1>
            <Link to="/workflows/$workflowId" params={{ workflowId }} className={styles.crumb}>
              {workflow.name} /
            </Link>{' '}
            Edit
          </h1>
          <Status of={workflow.state} />
        </header>
      )}
      {failure && <FailureNotice failure={failure} retry={reread} />}
      {(!data || !catalogue) && !failure && <WaitingCanvas />}
      {workflow === null && (
        <Empty title="There is no such workflow" alone>
          Or you may not see it.
        </Empty>
      )}
      {workflow && catalogue && (
        <Begun key={workflow.id} workflow={workflow} catalogue={catalogue} published={reread} />
      )}
    </div>
  );
}

interface Props {
  readonly workflow: EditedWorkflow;
  readonly catalogue: Catalogue;
  readonly published: () => void;
}

/** What is read again while it is edited does not replace what is edited. */
function Begun({ workflow, catalogue, published }: Props) {
  const start = useRef<Draft>(undefined);
  start.current ??= placed(draftOf(workflow.draft.json, catalogue) ?? { nodes: [], edges: [] }, catalogue);
  return <Editing workflow={workflow} start={start.current} catalogue={catalogue} published={published} />;
}
