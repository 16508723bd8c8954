// Speaks graphql-transport-ws with a server as its reference client does, and breaks its rules one by one:
// node ws-client.mjs <ws url> <a subscription that stays open> [bearer token]. Exits with 1 if any answer is wrong.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, subscription, token] = process.argv.slice(2);
const connectionParams = token ? { authorization: `Bearer ${token}` } : {};

/** Collects what one operation of the reference client yields. */
async function results(query, options = {}) {
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, ...options });
  try {
    const found = [];
    for await (const result of client.iterate({ query })) found.push(result);
    return found;
  } finally {
    await client.dispose();
  }
}

/** The code with which the server closes after these messages; those after an init wait for its acknowledgement. */
function closeCode(messages, protocol = 'graphql-transport-ws') {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol);
    const send = (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    const [first, ...others] = messages;
    socket.on('open', () => first && send(first));
    socket.on('message', (data) => JSON.parse(data).type === 'connection_ack' && others.forEach(send));
    socket.on('close', resolve);
    socket.on('error', reject);
  });
}

const init = { type: 'connection_init', payload: connectionParams };
const subscribe = { type: 'subscribe', id: '1', payload: { query: subscription } };

const expectations = {
  'a query is answered and completed': async () =>
    assert.equal((await results('{ __typename }')).at(0).data.__typename, 'Query'),
  'a document that does not fit the schema is an error with a code': async () => {
    const errors = await results('{ thereIsNoSuchField }').then(assert.fail, (errors) => errors);
    assert.equal(errors[0].extensions.code, 'BAD_USER_INPUT');
  },
  'a bomb is an error with its code': async () => {
    const errors = await results(`{ ${'__typename '.repeat(1100)} }`).then(assert.fail, (errors) => errors);
    assert.equal(errors[0].extensions.code, 'COMPLEXITY_EXCEEDED');
  },
  'credentials that are not good close with 4403': async () => {
    const failure = await results('{ __typename }', { connectionParams: { authorization: 'Bearer wrong' } }).catch((e) => e);
    assert.equal(failure.code, 4403);
  },
  'the legacy protocol closes with 4406': async () => assert.equal(await closeCode([], 'graphql-ws'), 4406),
  'nonsense closes with 4400': async () => assert.equal(await closeCode(['{']), 4400),
  'an unknown message closes with 4400': async () => assert.equal(await closeCode([{ type: 'start' }]), 4400),
  'a subscription before the acknowledgement closes with 4401': async () =>
    assert.equal(await closeCode([subscribe]), 4401),
  'no init closes with 4408': async () => assert.equal(await closeCode([]), 4408),
  'a duplicate id closes with 4409': async () => assert.equal(await closeCode([init, subscribe, subscribe]), 4409),
  'a second init closes with 4429': async () => assert.equal(await closeCode([init, init]), 4429),
};

let failed = 0;
for (const [name, holds] of Object.entries(expectations)) {
  await holds().catch((error) => {
    failed += 1;
    console.error(`${name}: ${error.message}`);
  });
}
console.log(`${Object.keys(expectations).length - failed} of ${Object.keys(expectations).length} hold`);
process.exit(failed === 0 ? 0 : 1);
