// What a mutation's answer says to people.
import type { Written } from './hooks';

interface Payload {
  readonly userErrors: readonly { readonly message: string }[];
}

/** Why it was refused or failed; empty where it was done. */
export function outcome({ failure }: Written<unknown>, payload: Payload | null | undefined): readonly string[] {
  if (failure) return [failure.requestId ? `${failure.message} (request ${failure.requestId})` : failure.message];
  return payload?.userErrors.map((error) => error.message) ?? [];
}
