// Puts a brotli and a gzip twin beside each file of dist/ that shrinks by it, so that the server compresses nothing itself.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const COMPRESSIBLE = /\.(css|html|js|svg)$/;

for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
  const path = `${entry.parentPath}/${entry.name}`;
  const plain = readFileSync(path);
  for (const [ending, packed] of [
    ['br', brotliCompressSync(plain)],
    ['gz', gzipSync(plain, { level: 9 })],
  ]) {
    if (packed.length < plain.length) writeFileSync(`${path}.${ending}`, packed);
  }
}
