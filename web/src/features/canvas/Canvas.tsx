// A workflow's graph, to be looked at: laid out tidily, walked by arrow keys, lit by a run's progress where one is shown.
import { Background, Controls, ReactFlow, type ReactFlowInstance } from '@xyflow/react';
import { type KeyboardEvent, useCallback, useMemo, useRef } from 'react';

import './flow.css';
import type { DrawingFragment } from '../../api/generated/graphql';
import { CARD, tidy } from '../../graph/layout';
import type { Progress } from '../../graph/progress';
import { directionOf, neighbour } from '../../graph/walk';
import styles from './Canvas.module.css';
import { Card } from './Card';
import { PortLine } from './PortLine';
import { type CardNode, type PortEdge, cards, edges } from './elements';
import { CanvasFocusContext } from './focus';
import type { Kinds } from './useKinds';

const NODE_TYPES = { card: Card };
const EDGE_TYPES = { port: PortLine };
const FIT = { padding: 0.12, maxZoom: 1 };
const NO_PROBLEMS: ReadonlyMap<string, number> = new Map();

interface Props {
  readonly graph: DrawingFragment;
  readonly kinds: Kinds;
  readonly label: string;
  readonly selected: string | undefined;
  readonly select: (key: string | undefined) => void;
  readonly progress?: Progress;
  readonly problems?: ReadonlyMap<string, number>;
}

/** The canvas. */
export function Canvas({ graph, kinds, label, selected, select, progress, problems = NO_PROBLEMS }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const flow = useRef<ReactFlowInstance<CardNode, PortEdge>>(null);
  const layout = useMemo(() => tidy(graph), [graph]);
  const picture = useMemo(
    () => ({ graph, layout, kinds, progress, problems }),
    [graph, layout, kinds, progress, problems],
  );
  const entry = selected ?? graph.nodes[0]?.key;
  const focus = useMemo(() => ({ entry, select }), [entry, select]);

  const walk = useCallback(
    (event: KeyboardEvent) => {
      if (event.key === 'Escape') return select(undefined);
      const way = directionOf(event.key);
      const next = way && entry !== undefined ? neighbour(layout.cards, entry, way) : undefined;
      const card = next === undefined ? undefined : layout.cards.get(next);
      if (next === undefined || card === undefined) return;
      event.preventDefault();
      select(next);
      place.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus({ preventScroll: true });
      const zoom = flow.current?.getZoom() ?? 1;
      void flow.current?.setCenter(card.x + CARD.width / 2, card.y + CARD.height / 2, { zoom });
    },
    [entry, layout, select],
  );

  return (
    <CanvasFocusContext value={focus}>
      <section ref={place} className={styles.canvas} aria-label={label} onKeyDown={walk}>
        <ReactFlow<CardNode, PortEdge>
          // A graph of another shape is looked at anew.
          key={graph.nodes.map((node) => node.key).join()}
          nodes={useMemo(() => cards(picture, selected), [picture, selected])}
          edges={useMemo(() => edges(picture), [picture])}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onInit={(instance) => {
            flow.current = instance;
          }}
          onPaneClick={() => select(undefined)}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          fitView
          fitViewOptions={FIT}
          minZoom={0.1}
          maxZoom={1.5}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={16} />
          <Controls showInteractive={false} fitViewOptions={FIT} />
        </ReactFlow>
      </section>
    </CanvasFocusContext>
  );
}
