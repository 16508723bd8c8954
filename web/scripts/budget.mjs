// Holds the built console to its budget, in gzipped bytes: what a first visit loads, and each part that comes later.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const BUDGET = { initial: 230 * KB, lazy: 120 * KB, css: 45 * KB };

const packed = (name) => gzipSync(readFileSync(`dist/assets/${name}`), { level: 9 }).length;
const total = (names) => names.reduce((sum, name) => sum + packed(name), 0);

const page = readFileSync('dist/index.html', 'utf8');
const assets = readdirSync('dist/assets');
const scripts = assets.filter((name) => name.endsWith('.js'));
const initial = scripts.filter((name) => page.includes(name));
const lazy = scripts.filter((name) => !page.includes(name));

const figures = [
  ['initial scripts', total(initial), BUDGET.initial],
  ['all style sheets', total(assets.filter((name) => name.endsWith('.css'))), BUDGET.css],
  ...lazy.map((name) => [name, packed(name), BUDGET.lazy]),
];
for (const [name, bytes, limit] of figures) {
  const verdict = bytes <= limit ? 'ok' : 'TOO LARGE';
  console.log(`${name}: ${(bytes / KB).toFixed(1)} KB of ${limit / KB} KB, ${verdict}`);
  if (bytes > limit) process.exitCode = 1;
}
