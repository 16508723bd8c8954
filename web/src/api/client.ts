// The GraphQL client: one normalised cache, requests by fetch, subscriptions by the socket. Only the hooks beside it and
// `main` may know it, so that it can be exchanged.
import { cacheExchange } from '@urql/exchange-graphcache';
import { type Client, createClient, fetchExchange, mapExchange, subscriptionExchange } from 'urql';

import { failureOf } from './failure';
import { follow } from './follow';
import { PARTS } from './parts';
import { socketClient } from './socket';

const PATH = '/graphql';

/** Makes the client. `signedOut` is called where the server no longer knows the session. */
export function apiClient(signedOut: () => void): Client {
  const socket = socketClient(`${location.origin.replace(/^http/, 'ws')}${PATH}`);
  return createClient({
    url: PATH,
    preferGetMethod: false,
    exchanges: [
      mapExchange({
        onError: (error) => {
          if (failureOf(error).code === 'UNAUTHENTICATED') signedOut();
        },
      }),
      cacheExchange({ keys: Object.fromEntries(PARTS.map((type) => [type, () => null])) }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: follow(socket, { query, variables: { ...variables } }, sink) }),
        }),
      }),
    ],
  });
}
