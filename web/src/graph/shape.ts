// The shape of a workflow's graph, as far as drawing needs it. The API's types fit it. No React, no network here.

/** A node: its key is unique in the graph, its ports are its ways out in the order they are drawn. */
export interface GraphNode {
  readonly key: string;
  readonly ports: readonly string[];
}

/** An edge, from a node's port to a node. */
export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly port: string;
  readonly to: string;
}

/** A graph. Drafts may hold edges to nodes that are not there, and cycles. */
export interface Graph<N extends GraphNode = GraphNode> {
  readonly nodes: readonly N[];
  readonly edges: readonly GraphEdge[];
}

/** A place on the canvas, in pixels at 100 %. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The edges whose two ends are there. */
export function wired(graph: Graph): readonly GraphEdge[] {
  const keys = new Set(graph.nodes.map((node) => node.key));
  return graph.edges.filter((edge) => keys.has(edge.from) && keys.has(edge.to));
}

/** The ports of each node that an edge leaves by, in the node's order; ports it does not have come last. */
export function portsInUse(graph: Graph): Map<string, string[]> {
  const used = new Map<string, Set<string>>();
  for (const edge of wired(graph)) {
    const ports = used.get(edge.from) ?? new Set();
    used.set(edge.from, ports.add(edge.port));
  }
  return new Map(graph.nodes.map((node) => [node.key, inOrder(node, used.get(node.key) ?? new Set())]));
}

function inOrder(node: GraphNode, used: ReadonlySet<string>): string[] {
  const known = node.ports.filter((port) => used.has(port));
  const unknown = [...used].filter((port) => !node.ports.includes(port));
  return [...known, ...unknown];
}
