// The console at work, against the real server and a new database: from the one-time link to a run that lights up live,
// through a lost connection. POINTSMAN names the binary, PICTURES where pictures go. Exits with 1 at the first step that fails.
import { complaints, launch, picture } from './browser.mjs';
import { serve } from './server.mjs';

const ACCOUNT = { name: 'Ada Abbas', email: 'ada@example.com', password: 'correct horse battery' };

const WORKFLOW = {
  format: 1,
  nodes: [
    { key: 'moved', kind: 'recordUpdated', name: 'Company moves', config: { object: 'company', fields: ['city'] } },
    { key: 'near', kind: 'if', name: 'To Berlin?', config: { condition: "record.city == 'Berlin'" } },
    { key: 'settle', kind: 'delay', name: 'Let them settle', config: { for: 'PT6S' } },
    { key: 'visit', kind: 'createTask', config: { title: 'Visit {{ record.name }}' } },
    { key: 'card', kind: 'createTask', config: { title: 'Write to {{ record.name }}' } },
  ],
  edges: [
    { from: 'moved', to: 'near' },
    { from: 'near', port: 'yes', to: 'settle' },
    { from: 'settle', to: 'visit' },
    { from: 'near', port: 'no', to: 'card' },
  ],
};

const server = await serve();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
const heard = complaints(page);
const line = await severable(page);

const node = (key, status) => page.locator(`[data-node="${key}"][data-status="${status}"]`).waitFor({ timeout: 15_000 });
const button = (name) => page.getByRole('button', { name, exact: true });
const password = page.locator('input[name=password]');
const text = (words) => page.getByText(words).first().waitFor();

/** What a front end of the same site may do: the page's own session, by fetch. */
async function api(query, variables) {
  const { data, errors } = await page.evaluate(
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) })).json();
    },
    { query, variables },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Lets the WebSocket be cut, and kept cut. */
async function severable(target) {
  const open = new Set();
  let cut = false;
  await target.routeWebSocket(/\/graphql$/, (socket) => {
    if (cut) return void socket.close({ code: 1013 });
    socket.connectToServer();
    open.add(socket);
  });
  return {
    cut: async () => {
      cut = true;
      for (const socket of open) await socket.close({ code: 1012 });
      open.clear();
    },
    mend: () => {
      cut = false;
    },
  };
}

async function moveCompany(id, city) {
  await api('mutation($id: ID!, $city: String!) { companyUpdate(id: $id, input: { city: $city }) { userErrors { message } } }', { id, city });
}

let company;

const STEPS = {
  'the one-time link makes the first administrator': async () => {
    await page.goto(server.link);
    await page.getByLabel('Your name').fill(ACCOUNT.name);
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await password.fill('1234567890');
    await button('Create administrator').click();
    await text('too common');
    await password.fill(ACCOUNT.password);
    await button('Create administrator').click();
    await text('No workflows yet');
  },
  'signing out and in again': async () => {
    await button('Sign out').click();
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await password.fill('not the password');
    await button('Sign in').click();
    await text('The address or the password is wrong.');
    await password.fill(ACCOUNT.password);
    await button('Sign in').click();
    await text('No workflows yet');
  },
  'a page asked for while signed out comes after signing in': async () => {
    await button('Sign out').click();
    await button('Sign in').waitFor();
    await page.goto(`${server.url}/workflows?tab=1`);
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await password.fill(ACCOUNT.password);
    await button('Sign in').click();
    await page.waitForURL('**/workflows?tab=1');
  },
  'a file that is no workflow is refused with its name': async () => {
    await choose('notes.json', '{"notes":[]}');
    await text('notes.json: this is not a workflow');
  },
  'a workflow is imported and published': async () => {
    await choose('company-moves.json', JSON.stringify(WORKFLOW));
    await page.locator('[data-node="visit"]').waitFor();
    await button('Publish').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await text('Version 1');
    await text('Active');
  },
  'a change in the CRM appears as a run without a reload': async () => {
    const { companyCreate } = await api('mutation { companyCreate(input: { name: "Northwind" }) { company { id } } }');
    company = companyCreate.company.id;
    await moveCompany(company, 'Berlin');
    await page.getByLabel('Recent runs').getByRole('link').first().click();
    await page.waitForURL('**/runs/*');
  },
  'the run lights up, and waits with its time': async () => {
    await node('moved', 'SUCCEEDED');
    await node('settle', 'WAITING');
    await text('until');
    await page.locator('[data-edge][data-state="taken"]').first().waitFor();
    await picture(page, 'journey-waiting');
  },
  'a lost connection is told, with the age of the data': async () => {
    await line.cut();
    await text('Reconnecting… data as of');
    await picture(page, 'journey-reconnecting');
  },
  'what was missed is caught up with': async () => {
    await page.waitForTimeout(6_000);
    line.mend();
    await node('visit', 'SUCCEEDED');
    await node('card', 'SKIPPED');
    await page.getByText('Reconnecting…').waitFor({ state: 'detached' });
    await page.locator('header [data-status="SUCCEEDED"]').waitFor();
  },
  'a step shows what it gave': async () => {
    await page.locator('[data-node="visit"]').click();
    await page.getByLabel('Output').getByText('Visit Northwind').waitFor();
    await picture(page, 'journey-step');
  },
  'arrow keys walk the graph': async () => {
    await page.keyboard.press('ArrowUp');
    await page.locator('[data-node="settle"][aria-pressed="true"]:focus').waitFor();
    await page.keyboard.press('Escape');
    await text('No step selected');
  },
  'a run is cancelled after a question': async () => {
    await moveCompany(company, 'Bonn');
    await moveCompany(company, 'Berlin');
    await page.getByRole('link', { name: /Company moves/ }).click();
    await page.getByLabel('Recent runs').getByRole('link').filter({ hasText: 'Waiting' }).first().click();
    await node('settle', 'WAITING');
    await button('Cancel').click();
    await button('Cancel the run').click();
    await node('settle', 'CANCELLED');
    await page.locator('header [data-status="CANCELLED"]').waitFor();
  },
  'a paused workflow starts nothing, and can be resumed': async () => {
    await page.getByRole('link', { name: 'Workflows' }).click();
    await button('Pause Company moves').click();
    await text('Paused');
    await button('Resume Company moves').click();
    await text('Active');
    await picture(page, 'journey-workflows');
  },
  'a session that ends elsewhere leads to signing in': async () => {
    await api('mutation { sessionDelete { deleted } }');
    await button('Pause Company moves').click();
    await button('Sign in').waitFor();
  },
};

/** Picks a file to import. */
function choose(name, content) {
  return page.getByLabel('Workflow file').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
}

let failed = false;
for (const [step, takes] of Object.entries(STEPS)) {
  try {
    await takes();
    console.log(`ok: ${step}`);
  } catch (error) {
    failed = true;
    await picture(page, 'journey-failed');
    console.error(`FAILED: ${step}\n${error}\nthe browser said:\n${heard.join('\n')}`);
    break;
  }
}

await browser.close();
await server.stop();
process.exit(failed ? 1 : 0);
