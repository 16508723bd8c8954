// The workflow editor at work, against the real server and a new database. POINTSMAN names the binary, PICTURES where
// pictures go. Exits with 1 at the first step that fails.
import { complaints, launch, picture, violations } from './browser.mjs';
import { serve } from './server.mjs';

const ACCOUNT = { name: 'Ada Abbas', email: 'ada@example.com', password: 'correct horse battery' };

const FORK = {
  format: 1,
  nodes: [
    { key: 'moved', kind: 'recordUpdated', config: { object: 'company', fields: ['city'] } },
    { key: 'near', kind: 'if', config: { condition: "record.city == 'Berlin'" } },
    { key: 'visit', kind: 'createTask', config: { title: 'Visit {{ record.name }}' } },
    { key: 'card', kind: 'createTask', config: { title: 'Write to {{ record.name }}' } },
  ],
  edges: [
    { from: 'moved', to: 'near' },
    { from: 'near', port: 'yes', to: 'visit' },
    { from: 'near', port: 'no', to: 'card' },
  ],
};

const server = await serve();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
const page = await context.newPage();
const heard = complaints(page);

const node = (key) => page.locator(`[data-node="${key}"]`);
const edges = () => page.locator('[data-edge]').count();
const button = (name) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');
const saved = () => page.getByRole('status').filter({ hasText: /^Saved$/ }).waitFor();

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

async function create(name, json) {
  const { workflowCreate } = await api(
    'mutation($input: WorkflowCreateInput!) { workflowCreate(input: $input) { workflow { id } userErrors { message } } }',
    { input: { name, json } },
  );
  return workflowCreate.workflow.id;
}

const draftOf = async (id) => (await api('query($id: ID!) { workflow(id: $id) { draftVersion draft { json } } }', { id })).workflow;
const open = async (id) => {
  await page.goto(`${server.url}/workflows/${id}/edit`);
  await page.getByRole('toolbar', { name: 'Editing' }).waitFor();
};

/** Draws from a card's port to a place. */
async function wire(from, port, to) {
  const handle = await page.locator(`.react-flow__node[data-id="${from}"] [data-handleid="${port}"]`).boundingBox();
  await page.mouse.move(handle.x + handle.width / 2, handle.y + 4);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 8 });
}

const middle = async (key) => {
  const box = await node(key).boundingBox();
  return { x: box.x + box.width / 2, y: box.y + 4 };
};

async function expect(what, is) {
  if (!is) throw new Error(what);
}

/** Waits until it holds. */
async function until(what, holds) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`never: ${what}`);
}

let first;

const STEPS = {
  'somebody is signed in': async () => {
    await page.goto(server.link);
    await page.getByLabel('Your name').fill(ACCOUNT.name);
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await page.locator('input[name=password]').fill(ACCOUNT.password);
    await button('Create administrator').click();
    await page.getByText('No workflows yet').waitFor();
    await api('mutation { companyCreate(input: { name: "Northwind", city: "Berlin" }) { company { id } } }');
  },
  'every template becomes a workflow without an error': async () => {
    const names = async () => {
      await page.goto(`${server.url}/workflows`);
      await button('New workflow').click();
      return dialog().locator('li button strong').allTextContents();
    };
    const [blank, ...templates] = await names();
    await expect('a blank one and eight templates', blank === 'Blank' && templates.length === 8);
    await picture(page, 'editor-templates');
    const found = await violations(page);
    await expect(found.join('\n'), found.length === 0);
    for (const name of templates) {
      await names();
      await dialog().getByRole('button', { name }).click();
      await page.waitForURL('**/edit');
      const { workflow } = await api('query($id: ID!) { workflow(id: $id) { problems { node field message severity } } }', { id: page.url().split('/').at(-2) });
      const errors = workflow.problems.filter((problem) => problem.severity === 'ERROR');
      await expect(`${name}: ${JSON.stringify(errors)}`, errors.length === 0);
    }
    await page.locator('[data-node]').first().waitFor();
    await picture(page, 'editor-template');
  },
  'steps are added by dragging, on an edge and behind a port': async () => {
    first = await create('Drawn', { format: 1, nodes: [], edges: [] });
    await open(first);
    await page.locator('[data-kind="manual"]').dragTo(page.locator('.react-flow__pane'), { targetPosition: { x: 300, y: 80 } });
    await node('manual').waitFor();
    await button('Add a step behind manual, out').click();
    await dialog().getByLabel('Search').fill('create task');
    await page.keyboard.press('Enter');
    await node('createTask').waitFor();
    await button('1').or(button('Fit View')).first().click();
    await button('Add a step between manual and createTask').click();
    await page.locator('[data-choice="if"]').click();
    await node('condition').waitFor();
    await until('two edges', async () => (await edges()) === 2);
    await saved();
  },
  'a wire connects, and one that makes a circle is refused with the reason': async () => {
    await open(await create('Wired', FORK));
    await wire('visit', 'done', await middle('card'));
    await page.mouse.up();
    await until('a fourth edge', async () => (await edges()) === 4);
    await wire('card', 'done', await middle('near'));
    await page.locator('[data-node="near"][data-refused]').waitFor();
    await page.mouse.up();
    await page.getByRole('alert').getByText('circle').waitFor();
    await picture(page, 'editor-refused');
    await expect('the circle is not there', (await edges()) === 4);
  },
  'twenty changes are undone and redone': async () => {
    const id = await create('Undone', FORK);
    await open(id);
    const ways = async () => (await draftOf(id)).draft.json.edges.map(({ from, to }) => `${from} ${to}`).join();
    const before = await ways();
    await node('card').click();
    for (let change = 0; change < 20; change += 1) await page.locator('[data-kind="addNote"]').click();
    await until('all are there', async () => (await page.locator('[data-node^="addNote"]').count()) > 0);
    await saved();
    await expect('twenty were added', (await draftOf(id)).draft.json.nodes.length === 24);
    await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
    for (let change = 0; change < 20; change += 1) await page.keyboard.press('Control+z');
    await saved();
    await until('all is as before', async () => (await ways()) === before);
    for (let change = 0; change < 20; change += 1) await page.keyboard.press('Control+Shift+z');
    await until('all is back', async () => (await draftOf(id)).draft.json.nodes.length === 24);
  },
  'steps are copied from one workflow to another': async () => {
    await open(await create('Source', FORK));
    await node('near').click();
    await node('visit').click({ modifiers: ['Shift'] });
    await page.keyboard.press('Control+c');
    const target = await create('Target', FORK);
    await open(target);
    await page.keyboard.press('Control+v');
    await node('near2').waitFor();
    await saved();
    const { edges: found } = (await draftOf(target)).draft.json;
    await expect('the edge came along', found.some((edge) => edge.from === 'near2' && edge.to === 'visit2'));
  },
  'tidying keeps yes left': async () => {
    const places = { moved: { x: 0, y: 0 }, near: { x: 0, y: 128 }, visit: { x: 640, y: 300 }, card: { x: 0, y: 300 } };
    await open(await create('Untidy', { ...FORK, nodes: FORK.nodes.map((one) => ({ ...one, position: places[one.key] })) }));
    await button('Tidy').click();
    await until('yes is left', async () => (await middle('visit')).x < (await middle('card')).x);
  },
  'expressions are completed, and what is wrong is underlined': async () => {
    await open(await create('Written', FORK));
    await node('near').click();
    const code = page.locator('[data-code="Condition"] .cm-content');
    await code.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('record.ci');
    await page.locator('.cm-tooltip-autocomplete').getByText('city').waitFor();
    await picture(page, 'editor-completion');
    await page.keyboard.press('Enter');
    await page.keyboard.type(" == 'Berlin' && record.bad == 1");
    await page.locator('.cm-lintRange-error').waitFor();
    await page.locator('[data-field="condition"]').getByText('unknown field').waitFor();
    await page.locator('[data-node="near"]').getByText('has problems').waitFor({ state: 'attached' });
    await picture(page, 'editor-problem');
  },
  'errors keep a draft from being published': async () => {
    await button('Publish…').click();
    await dialog().getByText('keeps this from being published').waitFor();
    await expect('the button is off', await button('Publish now').isDisabled());
    await picture(page, 'editor-publish');
    await page.keyboard.press('Escape');
  },
  'a step is tested with a record, and its output pinned': async () => {
    await open(await create('Tested', FORK));
    await node('visit').click();
    await page.getByText('Test', { exact: true }).click();
    const { companies } = await api('{ companies { nodes { id } } }');
    await page.getByLabel('Record').fill(companies.nodes[0].id);
    await button('Test this step').click();
    await page.getByLabel('Selected step').getByText('Succeeded').waitFor();
    await page.getByText('Visit Northwind').first().waitFor();
    await page.getByText('Output', { exact: true }).click();
    await button('Pin output').click();
    await page.getByText('Pinned: tests of later steps').waitFor();
    await picture(page, 'editor-test');
  },
  'a dry run lights up its way and tells every effect': async () => {
    await page.keyboard.press('Escape');
    await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
    await button('Play').click();
    await page.getByLabel('Effects').getByText('Visit Northwind').waitFor();
    await page.locator('[data-node="visit"][data-status="SUCCEEDED"]').waitFor();
    await page.locator('[data-node="card"][data-status="SKIPPED"]').waitFor();
    await picture(page, 'editor-dry-run');
  },
  'a draft that was changed elsewhere is not overwritten unasked': async () => {
    const id = await create('Shared', FORK);
    await open(id);
    const elsewhere = async (name) => {
      const { draftVersion, draft } = await draftOf(id);
      const json = { ...draft.json, nodes: draft.json.nodes.map((one) => (one.key === 'card' ? { ...one, name } : one)) };
      await api('mutation($input: WorkflowDraftSaveInput!) { workflowDraftSave(input: $input) { userErrors { message } } }', {
        input: { id, expectedVersion: draftVersion, json },
      });
    };
    await elsewhere('Theirs');
    await node('visit').click();
    await page.getByLabel('Name', { exact: true }).fill('Mine');
    await dialog().getByText('visit').waitFor();
    await picture(page, 'editor-conflict');
    await button('Take theirs').click();
    await node('card').getByText('Theirs').waitFor();
    await elsewhere('Again');
    await page.getByLabel('Name', { exact: true }).fill('Mine after all');
    await dialog().getByText('visit').waitFor();
    await button('Keep mine').click();
    await saved();
    await expect('mine is kept', (await draftOf(id)).draft.json.nodes.some((one) => one.name === 'Mine after all'));
  },
  'a workflow of four steps is built by keys alone': async () => {
    const id = await create('By keys', { format: 1, nodes: [], edges: [] });
    await open(id);
    for (const kind of ['record updated', 'goes one of two ways', 'create task', 'add note']) {
      await page.keyboard.press('n');
      await dialog().getByLabel('Search').fill(kind);
      await page.keyboard.press('Enter');
      await dialog().waitFor({ state: 'detached' });
      await page.waitForTimeout(100);
    }
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.locator('[data-node="condition"][aria-pressed="true"]:focus').waitFor();
    await page.keyboard.press('c');
    await dialog().getByLabel('Search').fill('addNote');
    await page.keyboard.press('Enter');
    await until('four edges', async () => (await edges()) === 4);
    await page.keyboard.press('F2');
    await page.keyboard.type('Which?');
    const drawn = async () => (await draftOf(id)).draft.json;
    await until('the name is saved', async () => (await drawn()).nodes.some((one) => one.name === 'Which?'));
    const { nodes, edges: ways } = await drawn();
    await expect('four steps, four edges', nodes.length === 4 && ways.length === 4);
  },
  'the list shows the same graph, and is edited by the same keys': async () => {
    const id = await create('Listed', FORK);
    await open(id);
    await page.getByText('List', { exact: true }).click();
    const items = page.getByRole('treeitem');
    await expect('four lines', (await items.count()) === 4);
    await items.last().focus();
    await page.keyboard.press('n');
    await dialog().getByLabel('Search').fill('add note');
    await page.keyboard.press('Enter');
    await until('five lines', async () => (await items.count()) === 5);
    await picture(page, 'editor-list');
    const found = await violations(page);
    await expect(found.join('\n'), found.length === 0);
    await page.getByText('Canvas', { exact: true }).click();
    await node('addNote').waitFor();
  },
  'what is exported is imported as the same': async () => {
    const id = await create('Carried', FORK);
    await open(id);
    await node('visit').click();
    await page.getByLabel('Name', { exact: true }).fill('Go there');
    await saved();
    const waits = page.waitForEvent('download');
    await button('Export').click();
    const file = await (await waits).path();
    await page.goto(`${server.url}/workflows`);
    await page.getByLabel('Workflow file').setInputFiles(file);
    await page.waitForURL('**/workflows/workflow_*');
    const copy = page.url().split('/').at(-1);
    await expect('the copy is another', copy !== id);
    const [one, other] = [await draftOf(id), await draftOf(copy)];
    await expect('both are the same', JSON.stringify(one.draft.json) === JSON.stringify(other.draft.json));
  },
  'the editor is accessible in both themes': async () => {
    await open(await create('Seen', FORK));
    await node('near').click();
    await page.locator('[data-code="Condition"] .cm-content').waitFor();
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `editor-${colorScheme}`);
      const found = await violations(page);
      await expect(found.join('\n'), found.length === 0);
    }
    await page.setViewportSize({ width: 1024, height: 768 });
    await page.reload();
    await node('near').click();
    await picture(page, 'editor-1024');
  },
  'the browser had nothing to complain of': async () => {
    await expect(heard.join('\n'), heard.length === 0);
  },
};

let failed = false;
for (const [step, takes] of Object.entries(STEPS)) {
  try {
    await takes();
    console.log(`ok: ${step}`);
  } catch (error) {
    failed = true;
    await picture(page, 'editor-failed');
    console.error(`FAILED: ${step}\n${error}\nthe browser said:\n${heard.join('\n')}`);
    if (!process.env.ALL) break;
  }
}

await browser.close();
await server.stop();
process.exit(failed ? 1 : 0);
