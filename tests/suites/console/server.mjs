// The real server on a database of its own, for as long as a suite runs.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.POINTSMAN ?? new URL('../../../target/debug/pointsman', import.meta.url).pathname;

/** Starts it on a free port; resolves once it has printed the link to set it up. */
export async function serve() {
  const data = mkdtempSync(join(tmpdir(), 'pointsman-console-'));
  const env = { ...process.env, POINTSMAN_DATA: data, POINTSMAN_LISTEN: '127.0.0.1:0' };
  const server = spawn(BINARY, ['serve'], { env, cwd: data, stdio: ['ignore', 'inherit', 'pipe'] });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const link = await new Promise((resolve, reject) => {
    let log = '';
    server.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
      const found = /https?:\S+\/set-up#\S+/.exec(log);
      if (found) resolve(found[0]);
    });
    void ended.then(() => reject(new Error(`the server ended:\n${log}`)));
  });
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true });
  };
  return { link, url: new URL(link).origin, stop };
}
