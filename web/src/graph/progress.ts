// What a run's events say about each node of its graph. Pure: events in, progress out; the clock is in the events.
import type { Graph, GraphEdge } from './shape';

/** How a run as a whole stands. */
export type RunStatus = 'QUEUED' | 'RUNNING' | 'WAITING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'REFUSED';

/** How a node stands in a run; PENDING until it is its turn. */
export type NodeStatus =
  | 'PENDING'
  | 'RUNNING'
  | 'WAITING'
  | 'RETRYING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'SKIPPED'
  | 'CANCELLED'
  | 'UNKNOWN';

interface Fact<Type extends string> {
  readonly __typename: Type;
  readonly seq: number;
  readonly at: string;
}

interface StepFact<Type extends string> extends Fact<Type> {
  readonly step: string;
  readonly node: string;
}

/** The events of a run; `seq` counts up by one within it. */
export type RunEvent =
  | (Fact<'RunQueued'> & { readonly until?: string | null })
  | (Fact<'RunRefused'> & { readonly reason?: string | null })
  | (Fact<'RunStarted'> & { readonly trigger: string })
  | (StepFact<'StepStarted'> & { readonly attempt: number })
  | (StepFact<'StepSucceeded'> & { readonly port?: string | null })
  | (StepFact<'StepFailed'> & { readonly attempt: number; readonly final: boolean; readonly error?: StepError | null })
  | (StepFact<'StepRetrying'> & { readonly attempt: number; readonly dueAt: string })
  | (StepFact<'StepWaiting'> & { readonly until?: string | null })
  | StepFact<'StepSkipped'>
  | StepFact<'StepCancelled'>
  | (StepFact<'StepUnknown'> & { readonly message?: string | null })
  | (Fact<'RunFinished'> & { readonly status: RunStatus });

/** Why an attempt failed; told to those who may inspect runs. */
export interface StepError {
  readonly code: string;
  readonly message: string;
}

/** What is known of a node that a run has come to. */
export interface NodeProgress {
  readonly status: NodeStatus;
  /** Counts from 1; 0 where nothing was tried. */
  readonly attempt: number;
  /** The way it left by. */
  readonly port?: string | undefined;
  /** When a wait ends or the next attempt begins. */
  readonly until?: string | undefined;
  /** What the last attempt failed of, or why its outcome is unknown. */
  readonly error?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
}

/** A run, as its events up to `seq` tell it. */
export interface Progress {
  readonly seq: number;
  readonly status: RunStatus;
  readonly nodes: ReadonlyMap<string, NodeProgress>;
}

/** Whether a run goes this way. */
export type EdgeState = 'open' | 'taken' | 'skipped';

/** A run of which nothing has been heard. */
export const NOTHING: Progress = { seq: 0, status: 'QUEUED', nodes: new Map() };

const UNTOUCHED: NodeProgress = { status: 'PENDING', attempt: 0 };

/** How a node stands. */
export function nodeProgress(progress: Progress, key: string): NodeProgress {
  return progress.nodes.get(key) ?? UNTOUCHED;
}

/** Takes events in, in their order. Those that were heard before change nothing: catching up may repeat some. */
export function advance(progress: Progress, events: readonly RunEvent[]): Progress {
  const news = events.filter((event) => event.seq > progress.seq);
  const last = news.at(-1);
  if (last === undefined) return progress;
  const nodes = new Map(progress.nodes);
  for (const event of news) {
    const key = nodeOf(event);
    if (key !== undefined) nodes.set(key, nodeAfter(nodes.get(key) ?? UNTOUCHED, event));
  }
  return { seq: last.seq, status: statusAfter(last, nodes), nodes };
}

/** Whether a run has gone, will not go, or may yet go by an edge. */
export function edgeState(graph: Graph, progress: Progress, edge: GraphEdge): EdgeState {
  const { status, port } = nodeProgress(progress, edge.from);
  if (status === 'SUCCEEDED') return (port ?? mainPort(graph, edge.from)) === edge.port ? 'taken' : 'skipped';
  if (status === 'FAILED') return edge.port === 'error' ? 'taken' : 'open';
  return status === 'SKIPPED' ? 'skipped' : 'open';
}

function mainPort(graph: Graph, key: string): string | undefined {
  return graph.nodes.find((node) => node.key === key)?.ports[0];
}

function nodeOf(event: RunEvent): string | undefined {
  if (event.__typename === 'RunStarted') return event.trigger;
  return 'node' in event ? event.node : undefined;
}

function statusAfter(event: RunEvent, nodes: ReadonlyMap<string, NodeProgress>): RunStatus {
  if (event.__typename === 'RunQueued') return 'QUEUED';
  if (event.__typename === 'RunRefused') return 'REFUSED';
  return event.__typename === 'RunFinished' ? event.status : underWay(nodes);
}

/** A run waits where nothing in it runs and something waits. */
function underWay(nodes: ReadonlyMap<string, NodeProgress>): RunStatus {
  const statuses = new Set([...nodes.values()].map((node) => node.status));
  const waits = statuses.has('WAITING') || statuses.has('RETRYING');
  return waits && !statuses.has('RUNNING') ? 'WAITING' : 'RUNNING';
}

function nodeAfter(before: NodeProgress, event: RunEvent): NodeProgress {
  const { startedAt = event.at, error } = before;
  switch (event.__typename) {
    case 'RunStarted':
      return { status: 'SUCCEEDED', attempt: 1, startedAt, finishedAt: event.at };
    case 'StepStarted':
      return { status: 'RUNNING', attempt: event.attempt, startedAt, error };
    case 'StepSucceeded':
      return ended(before, 'SUCCEEDED', event.at, { port: event.port ?? undefined, error: undefined });
    case 'StepFailed':
      return event.final
        ? ended(before, 'FAILED', event.at, { attempt: event.attempt, error: event.error?.message })
        : { ...before, attempt: event.attempt, startedAt, error: event.error?.message };
    case 'StepRetrying':
      return { status: 'RETRYING', attempt: event.attempt, startedAt, error, until: event.dueAt };
    case 'StepWaiting':
      return { ...before, status: 'WAITING', startedAt, until: event.until ?? undefined };
    case 'StepSkipped':
      return { status: 'SKIPPED', attempt: 0 };
    case 'StepCancelled':
      return ended(before, 'CANCELLED', event.at, {});
    case 'StepUnknown':
      return ended(before, 'UNKNOWN', event.at, { error: event.message ?? undefined });
    case 'RunQueued':
    case 'RunRefused':
    case 'RunFinished':
      return before;
  }
}

function ended(
  before: NodeProgress,
  status: NodeStatus,
  at: string,
  more: Partial<Pick<NodeProgress, 'attempt' | 'port' | 'error'>>,
): NodeProgress {
  const attempt = Math.max(before.attempt, 1);
  return { ...before, attempt, startedAt: before.startedAt ?? at, ...more, status, until: undefined, finishedAt: at };
}
