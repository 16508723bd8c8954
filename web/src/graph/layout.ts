// Places a graph from top to bottom, so that a node's ports keep their order: what leaves by Yes stays left of No.
// dagre knows no ports. So where a node has several in use, each gets a small node of its own on the edge, which also
// keeps room for its label; and of the arrangements that keep their order, the one with the fewest crossings is taken.
import { graphlib, layout as arrange } from '@dagrejs/dagre';

import { type Graph, type GraphEdge, type Point, portsInUse, wired } from './shape';

/** The size of a card. */
export const CARD = { width: 240, height: 60 } as const;

const LABEL = { width: 72, height: 16 } as const;
const GAP = { nodesep: 40, ranksep: 28 } as const;
/** So many points lie between two rows that follow each other; an edge crosses that gap as it likes. */
const POINTS_IN_GAP = { plain: 3, labelled: 1 } as const;

const DEPTH_FIRST = { disableOptimalOrderHeuristic: true } as const;
/** Each arrangement takes about as long as the first: with more edges than this nobody would wait for three. */
const WORTH_TRYING = 150;

/** Where everything stands. */
export interface Layout {
  /** The upper left corner of each card, by the node's key. */
  readonly cards: ReadonlyMap<string, Point>;
  /** The points between its ends that an edge is led through, by the edge's id. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

/** An edge on its way from one row to the next: how far right it is at both. */
interface Stretch {
  readonly top: number;
  readonly bottom: number;
}

type Forks = ReadonlyMap<string, readonly string[]>;

/** Lays a graph out. The same graph gives the same layout. */
export function tidy(graph: Graph): Layout {
  const forks: Forks = new Map([...portsInUse(graph)].filter(([, ports]) => ports.length > 1));
  const edges = wired(graph);
  // Depth first keeps each branch together; the last moves nodes where that saves crossings, but may part a branch.
  const first = drawn(graph, forks, edges, DEPTH_FIRST);
  if (edges.length > WORTH_TRYING) return layoutOf(graph, forks, first);
  let best = { drawing: first, crossings: crossings(first) };
  if (best.crossings > 0) {
    const second = drawn(graph, forks, edges.toReversed(), DEPTH_FIRST);
    const third = drawn(graph, forks, edges, { constraints: order(forks) });
    for (const drawing of [second, third]) {
      const attempt = { drawing, crossings: crossings(drawing) };
      if (attempt.crossings < best.crossings) best = attempt;
    }
  }
  return layoutOf(graph, forks, best.drawing);
}

type Config = Parameters<typeof arrange>[1];

function drawn(graph: Graph, forks: Forks, edges: readonly GraphEdge[], config: Config): graphlib.Graph {
  const drawing = new graphlib.Graph({ multigraph: true });
  drawing.setGraph({ rankdir: 'TB', ...GAP });
  for (const { key } of graph.nodes) drawing.setNode(card(key), { ...CARD });
  for (const [key, ports] of forks) {
    for (const port of ports) {
      drawing.setNode(label(key, port), { ...LABEL });
      drawing.setEdge(card(key), label(key, port), { minlen: 1, weight: 2 });
    }
  }
  for (const edge of edges) {
    drawing.setEdge(start(forks, edge), card(edge.to), { minlen: forks.has(edge.from) ? 1 : 2 }, edge.id);
  }
  arrange(drawing, config);
  return drawing;
}

function layoutOf(graph: Graph, forks: Forks, drawing: graphlib.Graph): Layout {
  const cards = new Map(graph.nodes.map(({ key }) => [key, corner(drawing.node(card(key)))]));
  const bends = wired(graph).map((edge): [string, Point[]] => {
    const from = start(forks, edge);
    // The first and the last lie on the borders of the nodes, where the drawing has its own ends.
    const inner = drawing.edge(from, card(edge.to), edge.id).points.slice(1, -1).map(rounded);
    if (!forks.has(edge.from)) return [edge.id, inner.length > POINTS_IN_GAP.plain ? inner : []];
    return [edge.id, [rounded(drawing.node(from)), ...(inner.length > POINTS_IN_GAP.labelled ? inner : [])]];
  });
  return { cards, bends: new Map(bends) };
}

/** How often edges cross: two do between two rows where they change sides. */
function crossings(drawing: graphlib.Graph): number {
  const rows = new Map<number, Stretch[]>();
  for (const edge of drawing.edges()) {
    const ends = [drawing.node(edge.v), ...drawing.edge(edge).points.slice(1, -1), drawing.node(edge.w)];
    for (const [index, end] of ends.entries()) {
      const next = ends[index + 1];
      if (next) rows.set(end.y, [...(rows.get(end.y) ?? []), { top: end.x, bottom: next.x }]);
    }
  }
  const inRow = (row: readonly Stretch[]): number =>
    row.reduce((sum, one, index) => sum + row.slice(index + 1).filter((other) => cross(one, other)).length, 0);
  return [...rows.values()].reduce((sum, row) => sum + inRow(row), 0);
}

const cross = (one: Stretch, other: Stretch): boolean => (one.top - other.top) * (one.bottom - other.bottom) < 0;

function order(forks: Forks): { left: string; right: string }[] {
  return [...forks].flatMap(([key, ports]) =>
    ports.slice(1).map((port, before) => ({ left: label(key, ports[before] ?? port), right: label(key, port) })),
  );
}

// Two name spaces, for a node may be called as another one's port.
const card = (key: string): string => `card ${key}`;
const label = (key: string, port: string): string => `port ${key} ${port}`;
const start = (forks: Forks, { from, port }: GraphEdge): string => (forks.has(from) ? label(from, port) : card(from));

const corner = ({ x, y }: Point): Point => rounded({ x: x - CARD.width / 2, y: y - CARD.height / 2 });
const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x), y: Math.round(y) });
