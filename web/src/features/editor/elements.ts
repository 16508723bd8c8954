// What the editor's canvas draws: React Flow's nodes and edges, made of a draft. No React here.
import type { Edge, Node } from '@xyflow/react';

import { type Draft, type DraftNode, portsOf } from '../../graph/draft';
import { CARD } from '../../graph/layout';
import { type NodeProgress, type Progress, edgeState, nodeProgress } from '../../graph/progress';
import type { EditedProblem, KindForm } from './documents';
import type { Catalogue } from './useCatalogue';

/** A way out of a card. */
export interface DrawnPort {
  readonly name: string;
  /** Whether no edge leaves by it. */
  readonly open: boolean;
}

/** A node's card in the editor. */
export type EditNode = Node<
  {
    readonly node: DraftNode;
    readonly kind: KindForm | undefined;
    readonly ports: readonly DrawnPort[];
    readonly problems: number;
    readonly progress: NodeProgress | undefined;
  },
  'card'
>;

/** An edge in the editor. */
export type EditEdge = Edge<{ readonly label: string | undefined; readonly state: string | undefined }, 'way'>;

/** The cards. */
export function editNodes(
  draft: Draft,
  catalogue: Catalogue,
  selected: ReadonlySet<string>,
  problems: readonly EditedProblem[],
  progress: Progress | undefined,
): EditNode[] {
  const used = new Set(draft.edges.map((edge) => `${edge.from} ${edge.port}`));
  const counts = new Map<string, number>();
  for (const { node } of problems) if (node) counts.set(node, (counts.get(node) ?? 0) + 1);
  return draft.nodes.map((node) => ({
    id: node.key,
    type: 'card',
    position: node.position ?? { x: 0, y: 0 },
    ...CARD,
    selected: selected.has(node.key),
    data: {
      node,
      kind: catalogue.get(node.kind),
      ports: portsOf(catalogue, node, draft.edges).map((name) => ({ name, open: !used.has(`${node.key} ${name}`) })),
      problems: counts.get(node.key) ?? 0,
      progress: progress && nodeProgress(progress, node.key),
    },
  }));
}

/** The edges; a port's name is on each where there are several ways out. */
export function editEdges(draft: Draft, catalogue: Catalogue, progress: Progress | undefined): EditEdge[] {
  const nodes = draft.nodes.map((node) => ({ key: node.key, ports: portsOf(catalogue, node, draft.edges) }));
  const ports = new Map(nodes.map((node) => [node.key, node.ports]));
  return draft.edges
    .filter((edge) => ports.has(edge.from) && ports.has(edge.to))
    .map((edge) => ({
      id: edge.id,
      type: 'way',
      source: edge.from,
      sourceHandle: edge.port,
      target: edge.to,
      data: {
        label: (ports.get(edge.from)?.length ?? 0) > 1 ? edge.port : undefined,
        state: progress && edgeState({ nodes, edges: draft.edges }, progress, edge),
      },
    }));
}
