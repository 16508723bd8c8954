// Copying and pasting parts of a workflow, in the form of a file, so that they go by any clipboard. No React here.
import { type Draft, type DraftNode, type Shapes, draftOf, edgeId, fileOf, isObject } from './draft';
import { newKey } from './edit';
import type { Point } from './shape';

/** The text of some nodes and the edges between them. */
export function copied(draft: Draft, keys: ReadonlySet<string>): string {
  const nodes = draft.nodes.filter((node) => keys.has(node.key));
  const edges = draft.edges.filter((edge) => keys.has(edge.from) && keys.has(edge.to));
  return JSON.stringify(fileOf({ nodes, edges }), null, 2);
}

/** Reads a text that was copied; undefined where it is none of ours. */
export function clipOf(text: string, shapes: Shapes): Draft | undefined {
  try {
    return draftOf(JSON.parse(text), shapes);
  } catch {
    return undefined;
  }
}

/** Pastes: nodes get new keys where theirs are taken, and what they say of each other follows. Returns their keys. */
export function pasted(
  draft: Draft,
  clip: Draft,
  by: Point = { x: 32, y: 32 },
): { draft: Draft; keys: readonly string[] } {
  const taken = new Set(draft.nodes.map((node) => node.key));
  const keys = new Map<string, string>();
  for (const { key } of clip.nodes) {
    const fresh = newKey(taken, key);
    taken.add(fresh);
    keys.set(key, fresh);
  }
  const renamed = (key: string): string => keys.get(key) ?? key;
  const nodes = clip.nodes.map((node): DraftNode => {
    const config = isObject(node.config) ? retold(node.config, keys) : {};
    const position = node.position && { x: node.position.x + by.x, y: node.position.y + by.y };
    return { ...node, key: renamed(node.key), config: isObject(config) ? config : {}, ...(position && { position }) };
  });
  const edges = clip.edges.map(({ from, port, to }) => ({
    id: edgeId(renamed(from), port, renamed(to)),
    from: renamed(from),
    port,
    to: renamed(to),
  }));
  const grown = { ...draft, nodes: [...draft.nodes, ...nodes], edges: [...draft.edges, ...edges] };
  return { draft: grown, keys: [...keys.values()] };
}

/** The same config, speaking of the steps by their new keys. */
function retold(value: unknown, keys: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\bsteps\.([A-Za-z]\w*)/g, (all, key: string) =>
      keys.has(key) ? `steps.${keys.get(key)}` : all,
    );
  }
  if (Array.isArray(value)) return value.map((one) => retold(one, keys));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, retold(one, keys)]));
}
