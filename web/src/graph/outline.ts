// A graph as a list to be read from top to bottom: branches are indented, a node that several ways lead to is told once and
// named again where else they come to it. No React here.
import { type Graph, type GraphEdge, type GraphNode, wired } from './shape';

/** A line of the list. */
export interface Line {
  readonly key: string;
  /** The port by which the line before it in the graph is left; undefined at a start. */
  readonly by: string | undefined;
  /** From 1. */
  readonly level: number;
  /** Whether the node has been told before. */
  readonly again: boolean;
  /** A name of its own. */
  readonly id: string;
}

/** The lines. */
export function outline(graph: Graph): readonly Line[] {
  const edges = wired(graph);
  const entered = new Set(edges.map((edge) => edge.to));
  const told = new Set<string>();
  const lines: Line[] = [];
  const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
  const leaving = new Map<string, GraphEdge[]>(graph.nodes.map((node) => [node.key, []]));
  for (const edge of edges) leaving.get(edge.from)?.push(edge);
  const starts = [...graph.nodes.filter((node) => !entered.has(node.key)), ...graph.nodes];
  const open: Omit<Line, 'again'>[] = [];
  for (const { key: start } of starts) {
    if (told.has(start)) continue;
    open.push({ key: start, by: undefined, level: 1, id: start });
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const again = told.has(next.key);
      lines.push({ ...next, again });
      if (again) continue;
      told.add(next.key);
      const ways = inPortOrder(nodes.get(next.key), leaving.get(next.key) ?? []);
      const level = ways.length > 1 ? next.level + 1 : next.level;
      for (const edge of ways.toReversed()) open.push({ key: edge.to, by: edge.port, level, id: edge.id });
    }
  }
  return lines;
}

function inPortOrder(node: GraphNode | undefined, edges: readonly GraphEdge[]): readonly GraphEdge[] {
  const place = (edge: GraphEdge): number => (node?.ports.indexOf(edge.port) ?? -1) + 1 || Number.MAX_SAFE_INTEGER;
  return edges.toSorted((one, other) => place(one) - place(other));
}
