// What a run's status means for what can be done with it.
import type { RunStatus } from '../../graph/progress';

/** Whether a run may still do something. */
export function isActive(status: RunStatus): boolean {
  return status === 'QUEUED' || status === 'RUNNING' || status === 'WAITING';
}
