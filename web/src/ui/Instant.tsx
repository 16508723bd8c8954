// An instant, short, with the whole of it for who hovers.
import { fullTime, shortTime } from './time';

/** Shows an instant. */
export function Instant({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {shortTime(at)}
    </time>
  );
}
