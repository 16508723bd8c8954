// What can be done to a workflow under edit: each a function from a draft to the next. No React, no network here.
import { type Config, type Draft, type DraftNode, type Shapes, caseNames, edgeId, graphOf, portsOf } from './draft';
import { CARD, tidy } from './layout';
import { wouldCircle } from './reach';
import { room } from './room';
import type { GraphEdge, Point } from './shape';

/** A way out of a node. */
export interface Way {
  readonly from: string;
  readonly port: string;
}

/** Where a new node goes: onto an edge, behind a port, or to a point of the canvas. */
export type Place = { readonly edge: string } | { readonly way: Way; readonly at?: Point } | { readonly at: Point };

/** What can be said of a node beside its config. */
export type Trait = 'name' | 'disabled' | 'retry' | 'timeout' | 'delivery';

/** The distance between two rows of cards. */
const ROW = 128;

/** Words that the expressions' language keeps for itself, so that no step can be called so. */
const RESERVED: ReadonlyMap<string, string> = new Map([['if', 'condition']]);

/** A key that no node has yet: the kind's name, then with a number. */
export function newKey(taken: ReadonlySet<string>, kind: string): string {
  const base = RESERVED.get(kind) ?? kind;
  for (let number = 1; ; number += 1) {
    const key = number === 1 ? base : `${base}${number}`;
    if (!taken.has(key)) return key;
  }
}

/** Adds a node of a kind. Returns its key too. */
export function add(draft: Draft, shapes: Shapes, kind: string, place: Place): { draft: Draft; key: string } {
  const key = newKey(new Set(draft.nodes.map((node) => node.key)), kind);
  const node: DraftNode = { key, kind, config: {} };
  if ('edge' in place) return { key, draft: insert(draft, shapes, node, place.edge) };
  const at = place.at ?? room(draft, below(draft, shapes, 'way' in place ? place.way : undefined));
  const grown = { ...draft, nodes: [...draft.nodes, { ...node, position: snapped(at) }] };
  const joined = 'way' in place ? connect(grown, shapes, { ...place.way, to: key }) : grown;
  return { key, draft: 'refused' in joined ? grown : joined };
}

/** Puts a node into an edge; what follows makes room. */
function insert(draft: Draft, shapes: Shapes, node: DraftNode, id: string): Draft {
  const edge = draft.edges.find((one) => one.id === id);
  const target = draft.nodes.find((one) => one.key === edge?.to)?.position ?? { x: 0, y: 0 };
  if (edge === undefined) return { ...draft, nodes: [...draft.nodes, { ...node, position: room(draft, target) }] };
  const [out] = portsOf(shapes, node);
  const halves = out === undefined ? [edge] : [edge, { from: node.key, port: out, to: edge.to }];
  const [first, ...rest] = halves.map((half) => ({ ...half, id: '' }));
  const ways = first ? [{ ...first, to: node.key }, ...rest] : [];
  return {
    ...draft,
    nodes: [...draft.nodes.map((one) => lowered(one, target.y)), { ...node, position: target }],
    edges: [...draft.edges.filter((one) => one !== edge), ...ways.map(named)],
  };
}

const named = (edge: GraphEdge): GraphEdge => ({ ...edge, id: edgeId(edge.from, edge.port, edge.to) });

function lowered(node: DraftNode, from: number): DraftNode {
  const { position } = node;
  return position && position.y >= from ? { ...node, position: { x: position.x, y: position.y + ROW } } : node;
}

/** Below the node that a way leaves; at the lower end of the graph where there is none. */
function below(draft: Draft, shapes: Shapes, way: Way | undefined): Point {
  const node = draft.nodes.find((one) => one.key === way?.from);
  if (node?.position && way) {
    const ports = portsOf(shapes, node, draft.edges);
    const aside = ports.length > 1 ? ports.indexOf(way.port) - (ports.length - 1) / 2 : 0;
    return { x: node.position.x + aside * (CARD.width + 32), y: node.position.y + ROW };
  }
  const lowest = draft.nodes.toSorted((one, other) => (one.position?.y ?? 0) - (other.position?.y ?? 0)).at(-1);
  return lowest?.position ? { x: lowest.position.x, y: lowest.position.y + ROW } : { x: 0, y: 0 };
}

/** Why no edge may lead there, in words for people; undefined where one may. */
export function refusal(
  draft: Draft,
  shapes: Shapes,
  { from, port, to }: Way & { readonly to: string },
): string | undefined {
  const target = draft.nodes.find((node) => node.key === to);
  if (target === undefined || !draft.nodes.some((node) => node.key === from)) return 'That step is gone.';
  if (shapes.get(target.kind)?.family === 'TRIGGER') return 'Nothing leads to a trigger: it starts the run.';
  if (from === to) return 'A step can’t follow itself.';
  const twin = draft.edges.some((edge) => edge.from === from && edge.port === port && edge.to === to);
  if (twin) return 'They are connected already.';
  return wouldCircle(draft.edges, from, to) ? 'This would make a circle: that step already leads here.' : undefined;
}

/** Connects two nodes, or says why not. */
export function connect(
  draft: Draft,
  shapes: Shapes,
  edge: Way & { readonly to: string },
): Draft | { readonly refused: string } {
  const refused = refusal(draft, shapes, edge);
  if (refused !== undefined) return { refused };
  return { ...draft, edges: [...draft.edges, named({ ...edge, id: '' })] };
}

/** Takes an edge away. */
export function disconnect(draft: Draft, id: string): Draft {
  return { ...draft, edges: draft.edges.filter((edge) => edge.id !== id) };
}

/** Takes nodes away with their edges. Where one stood between two others, these are connected. */
export function remove(draft: Draft, shapes: Shapes, keys: ReadonlySet<string>): Draft {
  return [...keys].reduce((left, key) => removeOne(left, shapes, key), draft);
}

function removeOne(draft: Draft, shapes: Shapes, key: string): Draft {
  const before = draft.edges.filter((edge) => edge.to === key);
  const behind = draft.edges.filter((edge) => edge.from === key);
  const left: Draft = {
    ...draft,
    nodes: draft.nodes.filter((node) => node.key !== key),
    edges: draft.edges.filter((edge) => edge.from !== key && edge.to !== key),
  };
  const [only, next] = [before[0], behind[0]];
  if (!only || !next || before.length > 1 || behind.length > 1) return left;
  const healed = connect(left, shapes, { from: only.from, port: only.port, to: next.to });
  return 'refused' in healed ? left : healed;
}

/** Puts nodes elsewhere, on the grid. */
export function move(draft: Draft, places: ReadonlyMap<string, Point>): Draft {
  const nodes = draft.nodes.map((node) => {
    const place = places.get(node.key);
    return place ? { ...node, position: snapped(place) } : node;
  });
  return { ...draft, nodes };
}

/** Says something of a node; undefined or an empty text takes it back. */
export function describe(draft: Draft, key: string, trait: Trait, value: unknown): Draft {
  return change(draft, key, (node) => {
    const { [trait]: _, ...others } = node;
    return value === undefined || value === '' || value === false ? others : { ...others, [trait]: value };
  });
}

/** Sets a field of a node's config; undefined takes it away. Edges follow the cases of a switch that are renamed. */
export function configure(draft: Draft, key: string, field: string, value: unknown): Draft {
  const node = draft.nodes.find((one) => one.key === key);
  if (node === undefined) return draft;
  const { [field]: _, ...others } = node.config;
  const config: Config = value === undefined ? others : { ...others, [field]: value };
  const renamed =
    node.kind === 'switch' ? renames(caseNames(node.config), caseNames(config)) : new Map<string, string>();
  const edges = draft.edges.map((edge) => {
    const port = edge.from === key ? renamed.get(edge.port) : undefined;
    return port === undefined ? edge : named({ ...edge, port });
  });
  return { ...change(draft, key, (one) => ({ ...one, config })), edges };
}

function renames(before: readonly string[], after: readonly string[]): Map<string, string> {
  if (before.length !== after.length) return new Map();
  return new Map(
    before.flatMap((name, index) => (after[index] === name ? [] : [[name, after[index] ?? name] as const])),
  );
}

/** Lays everything out anew. */
export function tidied(draft: Draft, shapes: Shapes): Draft {
  return move(draft, tidy(graphOf(draft, shapes)).cards);
}

/** The draft with a place for every node: all anew where none had one, else only those without below the others. */
export function placed(draft: Draft, shapes: Shapes): Draft {
  if (draft.nodes.every((node) => node.position === undefined)) return tidied(draft, shapes);
  return draft.nodes
    .filter((node) => node.position === undefined)
    .reduce((all, { key }) => move(all, new Map([[key, room(all, below(all, shapes, undefined))]])), draft);
}

function change(draft: Draft, key: string, how: (node: DraftNode) => DraftNode): Draft {
  return { ...draft, nodes: draft.nodes.map((node) => (node.key === key ? how(node) : node)) };
}

const snapped = ({ x, y }: Point): Point => ({ x: Math.round(x / 16) * 16, y: Math.round(y / 16) * 16 });
