// Every view of the console in both themes, on made-up data: no accessibility violation, no complaint of the browser, and a
// picture of each in PICTURES (./pictures) for people to look at. Exits with 1 where a view is not as it should be.
import { complaints, launch, picture, violations } from './browser.mjs';
import { standIn } from './stand-in.mjs';

const SCHEMA = process.env.SCHEMA ?? new URL('../../../schema.graphql', import.meta.url);

const row = (text) => (page) => page.getByText(text).first().waitFor();
const node = (key) => (page) => page.locator(`[data-node="${key}"]`).waitFor();

/** Name, path, and what shows that the view is there. `act` comes before the picture. */
const VIEWS = [
  { name: 'set-up', path: '/set-up#token', ready: row('Create administrator') },
  { name: 'sign-in', path: '/sign-in', ready: row('Sign in') },
  { name: 'workflows', path: '/workflows', ready: row('Closed won') },
  { name: 'workflows-empty', path: '/workflows?view=empty', ready: row('No workflows yet') },
  { name: 'workflows-failing', path: '/workflows?view=failing', ready: row('went wrong'), complains: true },
  { name: 'workflows-slow', path: '/workflows?view=slow', ready: (page) => page.getByLabel('Loading').waitFor() },
  { name: 'workflow', path: '/workflows/workflow_1', ready: node('both') },
  {
    name: 'workflow-draft',
    path: '/workflows/workflow_1',
    ready: node('both'),
    act: async (page) => {
      await page.getByText('Draft', { exact: true }).click();
      await page.getByRole('button', { name: 'mail.to' }).click();
    },
  },
  {
    name: 'workflow-run-by-hand',
    path: '/workflows/workflow_1',
    ready: node('both'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByLabel('Record').waitFor();
    },
  },
  { name: 'workflow-gone', path: '/workflows/workflow_9', ready: row('There is no such workflow') },
  { name: 'run-live', path: '/runs/run_5', ready: (page) => page.locator('[data-node="odd"][data-status="RUNNING"]').waitFor() },
  {
    name: 'run-step',
    path: '/runs/run_5',
    ready: (page) => page.locator('[data-node="odd"][data-status="RUNNING"]').waitFor(),
    act: (page) => page.locator('[data-node="mail"]').click(),
  },
  { name: 'run-failed', path: '/runs/run_1', ready: (page) => page.locator('[data-node="call"][data-status="FAILED"]').waitFor() },
  { name: 'not-found', path: '/nowhere', ready: row('There is nothing here') },
];

const server = await standIn(SCHEMA);
const browser = await launch();
const only = process.argv.slice(2);
let wrong = 0;

for (const colorScheme of ['light', 'dark']) {
  for (const { name, path, ready, act, complains = false } of VIEWS) {
    if (only.length > 0 && !only.includes(name)) continue;
    const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 900 }, timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
    const heard = complaints(page);
    const found = await (async () => {
      await page.goto(`${server.url}${path}`);
      await ready(page);
      await act?.(page);
      return violations(page);
    })().catch((error) => [String(error)]);
    await picture(page, `${name}-${colorScheme}`);
    const all = [...found, ...(complains ? [] : heard)];
    for (const one of all) console.error(`${name}, ${colorScheme}: ${one}`);
    wrong += all.length;
    await page.close();
  }
}

await browser.close();
server.close();
console.log(wrong === 0 ? 'every view is as it should be' : `${wrong} complaints`);
process.exit(wrong === 0 ? 0 : 1);
