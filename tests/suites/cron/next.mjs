// Reads {cron, zone, after, count} a line, and answers each with the next times that croner finds, in seconds since 1970.

import { createInterface } from 'node:readline';

import { Cron } from 'croner';

const lines = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { cron, zone, after, count } = JSON.parse(line);
  const times = new Cron(cron, { timezone: zone, mode: '5-part', paused: true }).nextRuns(count, new Date(after * 1000));
  lines.push(JSON.stringify(times.map((time) => time.getTime() / 1000)));
}
process.stdout.write(`${lines.join('\n')}\n`);
