// Places a graph from top to bottom, so that a node's ports keep their order: what leaves by Yes stays left of No.
// dagre knows no ports. So where a node has several in use, each gets a small node of its own on the edge, which also
// keeps room for its label, and dagre is told their order.
import { graphlib, layout as arrange } from '@dagrejs/dagre';

import { type Graph, type Point, portsInUse, wired } from './shape';

/** The size of a card. */
export const CARD = { width: 240, height: 60 } as const;

const LABEL = { width: 72, height: 16 } as const;
const GAP = { nodesep: 40, ranksep: 28 } as const;

/** Where everything stands. */
export interface Layout {
  /** The upper left corner of each card, by the node's key. */
  readonly cards: ReadonlyMap<string, Point>;
  /** The points between its ends that an edge is led through, by the edge's id. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

/** Lays a graph out. The same graph gives the same layout. */
export function tidy(graph: Graph): Layout {
  const drawing = new graphlib.Graph({ multigraph: true });
  drawing.setGraph({ rankdir: 'TB', ...GAP });
  const edges = wired(graph);
  for (const node of graph.nodes) drawing.setNode(card(node.key), { ...CARD });
  const forks = fork(drawing, graph);
  for (const edge of edges) {
    const labelled = forks.has(edge.from);
    const from = labelled ? label(edge.from, edge.port) : card(edge.from);
    drawing.setEdge(from, card(edge.to), { minlen: labelled ? 1 : 2 }, edge.id);
  }
  arrange(drawing, { constraints: order(forks) });
  const cards = new Map(graph.nodes.map((node) => [node.key, corner(drawing.node(card(node.key)))]));
  const bends = new Map(
    edges.map((edge) => {
      const labelled = forks.has(edge.from);
      const from = labelled ? label(edge.from, edge.port) : card(edge.from);
      // The first and the last lie on the borders of the nodes, where the drawing has its own ends. One more is the middle
      // of a gap, which an edge to the next row crosses as it likes.
      const inner = drawing.edge(from, card(edge.to), edge.id).points.slice(1, -1).map(rounded);
      const between = inner.length === 1 ? [] : inner;
      return [edge.id, labelled ? [rounded(drawing.node(from)), ...between] : between];
    }),
  );
  return { cards, bends };
}

/** The nodes with several ports in use, and these. */
function fork(drawing: graphlib.Graph, graph: Graph): Map<string, string[]> {
  const forks = new Map([...portsInUse(graph)].filter(([, ports]) => ports.length > 1));
  for (const [key, ports] of forks) {
    for (const port of ports) {
      drawing.setNode(label(key, port), { ...LABEL });
      drawing.setEdge(card(key), label(key, port), { minlen: 1, weight: 2 });
    }
  }
  return forks;
}

function order(forks: ReadonlyMap<string, readonly string[]>): { left: string; right: string }[] {
  return [...forks].flatMap(([key, ports]) =>
    ports.slice(1).map((port, before) => ({ left: label(key, ports[before] ?? port), right: label(key, port) })),
  );
}

// Two name spaces, for a node may be called as another one's port.
const card = (key: string): string => `card ${key}`;
const label = (key: string, port: string): string => `port ${key} ${port}`;

const corner = ({ x, y }: Point): Point => rounded({ x: x - CARD.width / 2, y: y - CARD.height / 2 });
const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x), y: Math.round(y) });
