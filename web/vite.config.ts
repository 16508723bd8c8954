// Builds the console into dist/, which the server embeds. In development it passes the API's calls on to a running server.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env['POINTSMAN_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { '/graphql': { target: server, ws: true } },
  },
  build: {
    target: 'es2022',
    // Data URLs would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    include: ['src/**/*.test.ts'],
  },
});
