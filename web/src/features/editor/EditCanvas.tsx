// The canvas of the editor: cards are dragged, wired and selected here; what that means is decided elsewhere.
import {
  Background,
  type Connection,
  Controls,
  MiniMap,
  ReactFlow,
  type ReactFlowInstance,
  applyNodeChanges,
} from '@xyflow/react';
import { type DragEvent, useEffect, useState } from 'react';

import '../canvas/flow.css';
import { add, connect, disconnect, move, refusal } from '../../graph/edit';
import type { Progress } from '../../graph/progress';
import styles from '../canvas/Canvas.module.css';
import { EditCard } from './EditCard';
import { EditLine } from './EditLine';
import { useWorkshop } from './context';
import { type EditEdge, type EditNode, editEdges, editNodes } from './elements';

const NODE_TYPES = { card: EditCard };
const EDGE_TYPES = { way: EditLine };
const FIT = { padding: 0.15, maxZoom: 1 };
const GRID: [number, number] = [16, 16];
/** What the palette's items are dragged as. */
export const KIND_TYPE = 'application/x-pointsman-kind';

interface Props {
  readonly progress: Progress | undefined;
  readonly ready: (flow: ReactFlowInstance<EditNode, EditEdge>) => void;
  readonly refused: (reason: string | undefined) => void;
}

const way = ({ source, sourceHandle, target }: Pick<Connection, 'source' | 'sourceHandle' | 'target'>) => ({
  from: source,
  port: sourceHandle ?? '',
  to: target,
});

/** The canvas. */
export function EditCanvas({ progress, ready, refused }: Props) {
  const { editor, catalogue, problems } = useWorkshop();
  const { draft, selected } = editor;
  const [flow, setFlow] = useState<ReactFlowInstance<EditNode, EditEdge>>();
  const [nodes, setNodes] = useState<EditNode[]>([]);
  const [edges, setEdges] = useState<EditEdge[]>([]);
  // Between two changes of the draft the cards are React Flow's, so that a drag need not pass through the history.
  useEffect(
    () => setNodes(editNodes(draft, catalogue, selected, problems, progress)),
    [draft, catalogue, selected, problems, progress],
  );
  useEffect(() => setEdges(editEdges(draft, catalogue, progress)), [draft, catalogue, progress]);

  const wired = (connection: Connection): void =>
    editor.change((now) => {
      const next = connect(now, catalogue, way(connection));
      return 'refused' in next ? now : next;
    });
  const dropped = (event: DragEvent): void => {
    const kind = event.dataTransfer.getData(KIND_TYPE);
    const at = flow?.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    if (kind === '' || at === undefined) return;
    event.preventDefault();
    const { draft: next, key } = add(draft, catalogue, kind, { at });
    editor.change(() => next);
    editor.select([key]);
  };

  return (
    <div className={styles.canvas} onDrop={dropped} onDragOver={(event) => event.preventDefault()}>
      <ReactFlow<EditNode, EditEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onInit={(instance) => {
          setFlow(instance);
          ready(instance);
        }}
        onNodesChange={(changes) => setNodes((now) => applyNodeChanges(changes, now))}
        onNodeClick={(event, { id }) => {
          if (!event.shiftKey && !event.ctrlKey && !event.metaKey) editor.select([id]);
          else editor.select(selected.has(id) ? [...selected].filter((key) => key !== id) : [...selected, id]);
        }}
        onSelectionEnd={() => editor.select(nodes.filter((node) => node.selected).map((node) => node.id))}
        onPaneClick={() => editor.select([])}
        onNodeDragStop={(_, __, moved) =>
          editor.change((now) => move(now, new Map(moved.map((node) => [node.id, node.position]))))
        }
        onConnect={wired}
        isValidConnection={(connection) =>
          refusal(draft, catalogue, way({ ...connection, sourceHandle: connection.sourceHandle ?? null })) === undefined
        }
        onConnectEnd={(event, state) => {
          const { fromNode, fromHandle, toNode } = state;
          if (!fromNode || fromHandle?.type !== 'source' || state.isValid) return refused(undefined);
          const from = { from: fromNode.id, port: fromHandle.id ?? '' };
          if (toNode) return refused(refusal(draft, catalogue, { ...from, to: toNode.id }));
          const point = 'clientX' in event ? event : event.changedTouches[0];
          const at = point && flow?.screenToFlowPosition({ x: point.clientX - 120, y: point.clientY });
          editor.ask({ what: 'add', place: { way: from, ...(at && { at }) } });
        }}
        onEdgesChange={(changes) => {
          const chosen = changes.flatMap((one) => (one.type === 'select' ? [[one.id, one.selected] as const] : []));
          const marks = new Map(chosen);
          setEdges((now) => now.map((edge) => ({ ...edge, selected: marks.get(edge.id) ?? edge.selected ?? false })));
        }}
        onEdgeDoubleClick={(_, { id }) => editor.change((now) => disconnect(now, id))}
        snapToGrid
        snapGrid={GRID}
        connectionRadius={40}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        multiSelectionKeyCode={null}
        onlyRenderVisibleElements
        fitView
        fitViewOptions={FIT}
        minZoom={0.1}
        maxZoom={1.5}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={16} />
        <Controls showInteractive={false} fitViewOptions={FIT} />
        <MiniMap pannable ariaLabel="Map of the graph" />
      </ReactFlow>
    </div>
  );
}
