// A workflow as it is edited: the nodes and edges of its file, every edge with its id and port. No React, no network here.
import type { Graph, GraphEdge, GraphNode, Point } from './shape';

/** What a node's kind needs of it, as in the file. */
export type Config = Readonly<Record<string, unknown>>;

/** When an action is tried again, as in the file. */
export interface Retry {
  readonly maxAttempts?: number;
  readonly initial?: string;
  readonly factor?: number;
  readonly max?: string;
}

/** A node, as in the file. */
export interface DraftNode {
  readonly key: string;
  readonly kind: string;
  readonly config: Config;
  readonly configVersion?: number;
  readonly name?: string;
  readonly position?: Point;
  readonly disabled?: boolean;
  readonly retry?: Retry;
  readonly timeout?: string;
  readonly delivery?: string;
}

/** A workflow under edit. */
export interface Draft {
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly GraphEdge[];
  /** What holds for all runs; kept as it is. */
  readonly settings?: unknown;
}

/** What the catalogue says of a kind, as far as editing a graph needs it. */
export interface KindShape {
  readonly label: string;
  readonly family: 'TRIGGER' | 'LOGIC' | 'WAIT' | 'ACTION';
  readonly ports: readonly string[];
}

/** The catalogue: kinds by name. */
export type Shapes = ReadonlyMap<string, KindShape>;

const FORMAT = 1;

/** The ways out of a node, in the order they are drawn: those of its kind, and those its config makes. */
export function portsOf(shapes: Shapes, node: DraftNode, edges: readonly GraphEdge[] = []): readonly string[] {
  const shape = shapes.get(node.kind);
  if (shape) return node.kind === 'switch' ? [...caseNames(node.config), ...shape.ports] : shape.ports;
  return [...new Set(edges.filter((edge) => edge.from === node.key).map((edge) => edge.port))];
}

/** The names of a switch's cases. */
export function caseNames(config: Config): string[] {
  const cases = Array.isArray(config['cases']) ? config['cases'] : [];
  return cases.flatMap((one) => (isObject(one) && typeof one['name'] === 'string' ? [one['name']] : []));
}

/** The same graph, as drawing and walking want it. */
export function graphOf(draft: Draft, shapes: Shapes): Graph<GraphNode & { readonly node: DraftNode }> {
  const nodes = draft.nodes.map((node) => ({ key: node.key, ports: portsOf(shapes, node, draft.edges), node }));
  return { nodes, edges: draft.edges };
}

/** Reads a file's JSON; undefined where it is none. What the server would refuse in it is the server's to say. */
export function draftOf(json: unknown, shapes: Shapes): Draft | undefined {
  if (!isObject(json) || !Array.isArray(json['nodes'])) return undefined;
  const nodes = json['nodes'].flatMap(nodeOf);
  if (nodes.length < json['nodes'].length) return undefined;
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const edges = Array.isArray(json['edges']) ? json['edges'].flatMap((edge) => edgeOf(edge, byKey, shapes)) : [];
  return { nodes, edges, ...(json['settings'] !== undefined && { settings: json['settings'] }) };
}

/** The file of a draft. */
export function fileOf({ nodes, edges, settings }: Draft): Readonly<Record<string, unknown>> {
  return { format: FORMAT, nodes, edges, ...(settings !== undefined && { settings }) };
}

/** The id that an edge between two nodes gets. */
export function edgeId(from: string, port: string, to: string): string {
  return `${from}:${port}:${to}`;
}

function nodeOf(json: unknown): DraftNode[] {
  if (!isObject(json) || typeof json['key'] !== 'string' || typeof json['kind'] !== 'string') return [];
  return [{ ...json, key: json['key'], kind: json['kind'], config: isObject(json['config']) ? json['config'] : {} }];
}

function edgeOf(json: unknown, nodes: ReadonlyMap<string, DraftNode>, shapes: Shapes): GraphEdge[] {
  if (!isObject(json) || typeof json['from'] !== 'string' || typeof json['to'] !== 'string') return [];
  const { from, to } = { from: json['from'], to: json['to'] };
  const source = nodes.get(from);
  const port = typeof json['port'] === 'string' ? json['port'] : source ? mainPort(portsOf(shapes, source)) : '';
  return [{ id: typeof json['id'] === 'string' ? json['id'] : edgeId(from, port, to), from, port, to }];
}

/** The port that an edge leaves by which names none: the only one, beside `error`. */
function mainPort(ports: readonly string[]): string {
  const ways = ports.filter((port) => port !== 'error');
  return ways.length === 1 ? (ways[0] ?? '') : '';
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
