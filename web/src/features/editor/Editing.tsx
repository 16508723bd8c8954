// The editor: palette, canvas or list, inspector, problems, and what holds them together.
import { Button, SegmentedControl } from '@mantine/core';
import type { ReactFlowInstance } from '@xyflow/react';
import { useMemo, useState } from 'react';

import type { Draft } from '../../graph/draft';
import { tidied } from '../../graph/edit';
import { Refusals } from '../../ui/Notice';
import page from '../../ui/Page.module.css';
import { Problems } from '../workflows/Problems';
import { ConflictDialog } from './ConflictDialog';
import { DryRunPanel } from './DryRunPanel';
import { EditCanvas } from './EditCanvas';
import styles from './Editing.module.css';
import { ExportButton } from './ExportButton';
import { Inspector, type Part } from './Inspector';
import { Outline } from './Outline';
import { Palette } from './Palette';
import { PublishDialog } from './PublishDialog';
import { Questions } from './Questions';
import { WorkshopContext } from './context';
import type { EditedWorkflow } from './documents';
import type { EditEdge, EditNode } from './elements';
import { progressOf } from './trial';
import { useAutosave, type SaveState } from './useAutosave';
import { type Catalogue, useObjects } from './useCatalogue';
import { useEditor } from './useEditor';
import { useKeys } from './useKeys';
import { useTrial } from './useTrial';

interface Props {
  readonly workflow: EditedWorkflow;
  readonly start: Draft;
  readonly catalogue: Catalogue;
  readonly published: () => void;
}

const VIEWS = [
  { value: 'canvas', label: 'Canvas' },
  { value: 'list', label: 'List' },
];

/** The editor of a workflow. */
export function Editing({ workflow, start, catalogue, published }: Props) {
  const editor = useEditor(start);
  const objects = useObjects();
  const save = useAutosave(workflow, editor.draft);
  const trials = useTrial(editor.draft);
  const [view, setView] = useState('canvas');
  const [part, setPart] = useState<Part>('setup');
  const [flow, setFlow] = useState<ReactFlowInstance<EditNode, EditEdge>>();
  const [reason, setReason] = useState<string>();
  const [later, setLater] = useState(false);
  const node = editor.draft.nodes.find((one) => one.key === editor.current);
  const starts = editor.draft.nodes
    .filter((one) => catalogue.get(one.kind)?.family === 'TRIGGER')
    .map((one) => one.key)
    .join();
  const progress = useMemo(() => trials.trial && progressOf(trials.trial, starts.split(',')), [trials.trial, starts]);
  const workshop = useMemo(
    () => ({ editor, catalogue, objects, problems: save.problems }),
    [editor, catalogue, objects, save.problems],
  );

  const inspect = (wanted: 'setup' | 'test' | 'name' | 'pin'): void => {
    if (node === undefined) return;
    if (wanted === 'pin') return trials.pin(node.key);
    if (wanted === 'test') void trials.test(node.key, false);
    setPart(wanted === 'test' ? 'test' : 'setup');
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-part="name"]')?.focus());
  };
  useKeys(editor, catalogue, { flow, save: () => void save.flush(), inspect, listed: view === 'list' });

  return (
    <WorkshopContext value={workshop}>
      <div className={styles.bar} role="toolbar" aria-label="Editing">
        <SegmentedControl size="xs" aria-label="View" data={VIEWS} value={view} onChange={setView} />
        <Button variant="default" size="compact-xs" disabled={!editor.canUndo} onClick={editor.undo}>
          Undo
        </Button>
        <Button variant="default" size="compact-xs" disabled={!editor.canRedo} onClick={editor.redo}>
          Redo
        </Button>
        <Button variant="default" size="compact-xs" onClick={() => editor.change((now) => tidied(now, catalogue))}>
          Tidy
        </Button>
        <Button variant="default" size="compact-xs" onClick={() => editor.ask({ what: 'keys' })}>
          Keys
        </Button>
        <ExportButton name={workflow.name} draft={editor.draft} />
        <span role="status" className={styles.state}>
          {wordOf(save.state)}
        </span>
        {save.state.is === 'conflict' && later && (
          <Button size="compact-xs" color="red" onClick={() => setLater(false)}>
            Resolve
          </Button>
        )}
        {progress && (
          <Button variant="default" size="compact-xs" onClick={trials.clear}>
            Clear the dry run
          </Button>
        )}
        <Button size="compact-xs" onClick={() => editor.ask({ what: 'publish' })}>
          Publish…
        </Button>
      </div>
      <div className={page.notices}>
        {save.state.is === 'failed' && <Refusals messages={save.state.messages} />}
        {reason !== undefined && <Refusals messages={[reason]} />}
      </div>
      <div className={page.body}>
        <Palette />
        <div className={page.main}>
          {view === 'canvas' ? <EditCanvas progress={progress} ready={setFlow} refused={setReason} /> : <Outline />}
          <Problems problems={save.problems} select={(key) => editor.select([key])} />
        </div>
        <aside className={page.aside} aria-label="Inspector">
          {node ? (
            <Inspector node={node} part={part} show={setPart} trials={trials} />
          ) : (
            <DryRunPanel trials={trials} />
          )}
        </aside>
      </div>
      <Questions />
      {editor.question?.what === 'publish' && <PublishDialog workflow={workflow} save={save} done={published} />}
      {save.state.is === 'conflict' && !later && (
        <ConflictDialog id={workflow.id} save={save} later={() => setLater(true)} />
      )}
    </WorkshopContext>
  );
}

function wordOf(state: SaveState): string {
  const words = {
    saved: 'Saved',
    unsaved: 'Not saved yet',
    saving: 'Saving…',
    conflict: 'Changed elsewhere',
    failed: 'Not saved',
  };
  return words[state.is];
}
