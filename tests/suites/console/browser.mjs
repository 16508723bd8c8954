// Debian's Chromium, and what every suite wants to know of a page: whether it is accessible, and whether it complains.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PICTURES = process.env.PICTURES ?? 'pictures';

/** Starts the browser. */
export function launch() {
  mkdirSync(PICTURES, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(' '),
  });
}

/** Collects what the page reports as wrong: exceptions, console errors, violated policies. */
export function complaints(page) {
  const found = [];
  page.on('pageerror', (error) => found.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && found.push(message.text()));
  return found;
}

/** What axe-core holds against the page as it stands. */
export async function violations(page) {
  // Through the debugger's channel: the page's own policy forbids foreign scripts.
  const { violations: found } = await page.evaluate(
    `${AXE}; axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  );
  return found.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
}

/** Keeps a picture of the page. */
export function picture(page, name) {
  return page.screenshot({ path: `${PICTURES}/${name}.png` });
}
