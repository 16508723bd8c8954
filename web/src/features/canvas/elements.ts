// What the canvas draws: React Flow's nodes and edges, made of a graph, its layout and a run's progress. No React here.
import type { Edge, Node } from '@xyflow/react';

import type { DrawingFragment } from '../../api/generated/graphql';
import { CARD, type Layout } from '../../graph/layout';
import { type EdgeState, type NodeProgress, type Progress, edgeState, nodeProgress } from '../../graph/progress';
import { type GraphEdge, type Point, portsInUse, wired } from '../../graph/shape';
import type { DrawnNode, Kind } from './documents';
import type { Kinds } from './useKinds';

/** A node's card on the canvas. */
export type CardNode = Node<
  {
    readonly node: DrawnNode;
    readonly kind: Kind | undefined;
    /** The ways out that an edge leaves by. */
    readonly ports: readonly string[];
    /** Present where a run is shown. */
    readonly progress: NodeProgress | undefined;
    readonly problems: number;
  },
  'card'
>;

/** An edge on the canvas. */
export type PortEdge = Edge<
  {
    readonly bends: readonly Point[];
    /** Whether it is led through its port's sign first, which edges of one port share. */
    readonly forked: boolean;
    /** The port's name, on the first of its edges. */
    readonly label: string | undefined;
    /** Present where a run is shown. */
    readonly state: EdgeState | undefined;
  },
  'port'
>;

/** What is to be drawn. */
export interface Picture {
  readonly graph: DrawingFragment;
  readonly layout: Layout;
  readonly kinds: Kinds;
  readonly progress: Progress | undefined;
  /** How many problems each node has. */
  readonly problems: ReadonlyMap<string, number>;
}

/** The cards. */
export function cards({ graph, layout, kinds, progress, problems }: Picture, selected: string | undefined): CardNode[] {
  const ports = portsInUse(graph);
  return graph.nodes.map((node) => ({
    id: node.key,
    type: 'card',
    position: layout.cards.get(node.key) ?? { x: 0, y: 0 },
    ...CARD,
    selected: node.key === selected,
    data: {
      node,
      kind: kinds.get(node.kind),
      ports: ports.get(node.key) ?? [],
      progress: progress && nodeProgress(progress, node.key),
      problems: problems.get(node.key) ?? 0,
    },
  }));
}

/** The edges; what a run took lies above the others. */
export function edges({ graph, layout, progress }: Picture): PortEdge[] {
  const ports = portsInUse(graph);
  const named = new Set<string>();
  const label = ({ from, port }: GraphEdge): string | undefined => {
    const name = `${from} ${port}`;
    if (named.has(name)) return undefined;
    named.add(name);
    return port;
  };
  return wired(graph).map((edge) => {
    const state = progress && edgeState(graph, progress, edge);
    const forked = (ports.get(edge.from)?.length ?? 0) > 1;
    return {
      id: edge.id,
      type: 'port',
      source: edge.from,
      sourceHandle: edge.port,
      target: edge.to,
      zIndex: state === 'taken' ? 1 : 0,
      data: { bends: layout.bends.get(edge.id) ?? [], forked, label: forked ? label(edge) : undefined, state },
    };
  });
}
