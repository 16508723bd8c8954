// What differs between two versions of a workflow, node by node and edge by edge. No React here.
import type { Draft, DraftNode } from './draft';

/** A difference; `fields` names what changed in a node. */
export interface Difference {
  readonly what: 'added' | 'removed' | 'changed';
  readonly thing: string;
  readonly fields: readonly string[];
}

/** How the second differs from the first. Where nodes stand does not count. */
export function differences(before: Draft, after: Draft): readonly Difference[] {
  const found = [...nodeDifferences(before, after), ...edgeDifferences(before, after)];
  if (!same(before.settings, after.settings)) found.push({ what: 'changed', thing: 'Settings', fields: [] });
  return found;
}

function nodeDifferences(before: Draft, after: Draft): Difference[] {
  const old = new Map(before.nodes.map((node) => [node.key, node]));
  const kept = new Set(after.nodes.map((node) => node.key));
  const news = after.nodes.flatMap((node): Difference[] => {
    const was = old.get(node.key);
    if (was === undefined) return [{ what: 'added', thing: titled(node), fields: [] }];
    const fields = changedFields(was, node);
    return fields.length > 0 ? [{ what: 'changed', thing: titled(node), fields }] : [];
  });
  const gone = before.nodes.filter((node) => !kept.has(node.key));
  return [...news, ...gone.map((node): Difference => ({ what: 'removed', thing: titled(node), fields: [] }))];
}

function changedFields(before: DraftNode, after: DraftNode): string[] {
  const { config: old, position: _, ...oldTraits } = before;
  const { config: young, position: __, ...youngTraits } = after;
  return [...unlike(oldTraits, youngTraits), ...unlike(old, young)];
}

function unlike(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !same(before[name], after[name]));
}

function edgeDifferences(before: Draft, after: Draft): Difference[] {
  const [old, young] = [new Set(before.edges.map(line)), new Set(after.edges.map(line))];
  const told =
    (what: 'added' | 'removed') =>
    (thing: string): Difference => ({ what, thing, fields: [] });
  return [
    ...[...young].filter((one) => !old.has(one)).map(told('added')),
    ...[...old].filter((one) => !young.has(one)).map(told('removed')),
  ];
}

const line = (edge: Draft['edges'][number]): string => `${edge.from} · ${edge.port} → ${edge.to}`;
const titled = (node: DraftNode): string => (node.name ? `${node.name} (${node.key})` : node.key);
/** Objects of the same fields are the same, in whatever order. */
const same = (one: unknown, other: unknown): boolean => sorted(one) === sorted(other);
const sorted = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
