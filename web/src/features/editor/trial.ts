// What a dry run came to, for the canvas and for people. No React here.
import type { NodeProgress, Progress } from '../../graph/progress';
import type { Trial } from './documents';

type Effect = Trial['effects'][number];

/** The way a dry run went, as the canvas lights it up. The start lights up where there is but one. */
export function progressOf(trial: Trial, starts: readonly string[]): Progress {
  const nodes = new Map<string, NodeProgress>();
  const [start] = starts;
  if (start !== undefined && starts.length === 1) nodes.set(start, { status: 'SUCCEEDED', attempt: 1 });
  for (const step of trial.steps) {
    nodes.set(step.node, {
      status: step.status === 'READY' || step.status === 'LOOPING' ? 'RUNNING' : step.status,
      attempt: step.attempt,
      port: step.port ?? undefined,
      until: step.waitsUntil ?? undefined,
      error: step.error?.message,
    });
  }
  return { seq: trial.steps.length, status: trial.status ?? 'WAITING', nodes };
}

/** An effect in one line. */
export function effectLine(effect: Effect): string {
  switch (effect.__typename) {
    case 'DryRunRecordChange': {
      const fields = effect.fields.map(({ field, before, after }) => `${field}: ${said(before)} → ${said(after)}`);
      return `${effect.operation.toLowerCase()} ${effect.object}: ${fields.join(', ')}`;
    }
    case 'DryRunEmail':
      return `e-mail to ${effect.to.join(', ')}: ${effect.subject}\n${effect.text}`;
    case 'DryRunSms':
      return `SMS to ${effect.phone}: ${effect.text}`;
    case 'DryRunHttpRequest':
      return `${effect.method} ${effect.url}${effect.requestBody ? `\n${effect.requestBody}` : ''}`;
    case 'DryRunNotification':
      return `notify ${effect.user?.name ?? 'nobody'}: ${effect.title}`;
    case 'DryRunSignal':
      return `signal ${effect.name} ${effect.key}`;
    case 'DryRunStart':
      return `${effect.refused ? 'would be refused: ' : ''}start ${effect.workflow?.name ?? 'a workflow'}`;
  }
}

const said = (value: unknown): string =>
  value === null || value === undefined ? '∅' : typeof value === 'string' ? value : JSON.stringify(value);
