// What a failed request means for people: one sentence, a code that the server keeps stable, and the request's id.
import type { CombinedError } from 'urql';

/** A failure, ready to be shown. */
export interface Failure {
  readonly message: string;
  /** The API's code, or NETWORK where no answer came. */
  readonly code: string;
  /** What an operator finds in the server's log. */
  readonly requestId?: string;
}

/** What to show for an error of a request. */
export function failureOf(error: CombinedError): Failure {
  const [first] = error.graphQLErrors;
  if (first === undefined) return { code: 'NETWORK', message: 'The server can’t be reached.' };
  const { code, requestId } = first.extensions;
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    message: first.message,
    ...(typeof requestId === 'string' && { requestId }),
  };
}
