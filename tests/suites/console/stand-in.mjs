// A server of the real schema and the real console on made-up data, so that each of its looks can be had at will. The
// query `view` of a page's referrer decides: `empty`, `failing`, `slow`, `signed-out`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSchema, graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

import { kinds, runs, streams, viewer, workflows } from './data.mjs';

const DIST = new URL('../../../web/dist/', import.meta.url);
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const connection = (nodes) => ({ nodes, edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false }, totalCount: nodes.length });
const withRuns = (workflow) => workflow && { ...workflow, runs: () => connection(workflow.id === 'workflow_1' ? runs.toReversed() : []) };

/** The answers, by how the page wants to look. */
const roots = (mood) => ({
  viewer: mood === 'signed-out' ? null : viewer,
  nodeKinds: kinds,
  workflows: () => connection(mood === 'empty' ? [] : workflows.map(withRuns)),
  workflow: ({ id }) => withRuns(workflows.find((one) => one.id === id)),
  run: ({ id }) => runs.find((one) => one.id === id),
});

/** Starts it on a free port. */
export async function standIn(schemaFile) {
  const schema = buildSchema(readFileSync(schemaFile, 'utf8'), { assumeValidSDL: true });
  Object.assign(schema.getSubscriptionType().getFields().runEvents, {
    subscribe: async function* (_, { runId, after = 0 }) {
      for (const event of streams.get(runId) ?? []) if (event.seq > after) yield { runEvents: event };
      await new Promise(() => {});
    },
  });
  Object.assign(schema.getSubscriptionType().getFields().runChanged, {
    subscribe: async function* () {
      await new Promise(() => {});
    },
  });
  const server = createServer((request, response) => void answer(schema, request, response));
  useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() };
}

async function answer(schema, request, response) {
  const { pathname } = new URL(request.url, 'http://here');
  if (pathname !== '/graphql') return page(pathname, response);
  const mood = new URL(request.headers.referer ?? 'http://here').searchParams.get('view');
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
  if (mood === 'slow' && !body.query.includes('query Viewer')) return;
  response.setHeader('content-type', 'application/json');
  const failing = mood === 'failing' && !body.query.includes('query Viewer');
  const error = { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL', requestId: '0199e1c2-77aa' } };
  const result = failing
    ? { data: null, errors: [error] }
    : await graphql({ schema, source: body.query, rootValue: roots(mood), variableValues: body.variables });
  response.end(JSON.stringify(result));
}

function page(pathname, response) {
  const asset = pathname.startsWith('/assets/') || pathname.endsWith('.svg');
  const name = asset ? pathname.slice(1) : 'index.html';
  response.setHeader('content-type', TYPES[name.split('.').at(-1)]);
  response.setHeader('content-security-policy', POLICY);
  response.end(readFileSync(new URL(name, DIST)));
}
