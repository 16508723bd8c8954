// Which nodes lie behind and before which. No React, no network here.
import type { GraphEdge } from './shape';

/** All nodes from which `key` is reached. */
export function before(edges: readonly GraphEdge[], key: string): ReadonlySet<string> {
  return spread(key, adjacency(edges.map(({ from, to }) => [to, from])));
}

/** All nodes that are reached from `key`. */
function behind(edges: readonly GraphEdge[], key: string): ReadonlySet<string> {
  return spread(key, adjacency(edges.map(({ from, to }) => [from, to])));
}

/** Whether an edge from one to the other would close a circle. */
export function wouldCircle(edges: readonly GraphEdge[], from: string, to: string): boolean {
  return from === to || behind(edges, to).has(from);
}

function adjacency(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>();
  for (const [one, other] of pairs) {
    const known = next.get(one);
    if (known) known.push(other);
    else next.set(one, [other]);
  }
  return next;
}

function spread(start: string, next: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [start];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const one of next.get(key) ?? []) {
      if (found.has(one)) continue;
      found.add(one);
      open.push(one);
    }
  }
  return found;
}
