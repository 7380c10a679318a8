// How long it takes until a person can press the first button: from the address to an enabled one, with
// an empty cache and from the offline copy; beside the floor, the same module fetched and compiled by a
// page that does nothing else. `./dev bench usable` prints the table.
import fs from 'node:fs';
import path from 'node:path';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { serve } from './lib/server.mjs';

const ROUNDS = 7;
const dist = path.join(root, 'dist');
const wasm = fs.readdirSync(dist).find(name => name.endsWith('.wasm'));
const floor = `<!doctype html><title>floor</title><script type="module">
  const module = await WebAssembly.compileStreaming(fetch('/${wasm}'));
  globalThis.done = performance.now();
</script>`;
const server = await serve({ root: dist, pages: { '/floor.html': floor } });

/** Milliseconds from the start of the navigation, by the page's own clock. */
async function floorOf(page) {
  await page.goto(`${server.origin}/floor.html`);
  return (await page.waitForFunction(() => globalThis.done)).jsonValue();
}

async function usable(page) {
  await page.goto(`${server.origin}/`);
  const handle = await page.waitForFunction(() => {
    const button = document.querySelector('[data-testid=action-practice]');
    return button && !button.disabled && performance.now();
  }, null, { polling: 'raf' });
  return handle.jsonValue();
}

const rows = { floor: [], 'first visit': [], 'offline copy': [] };
for (let round = 0; round < ROUNDS; round++) {
  // A browser of its own each time: nothing is cached, compiled code neither.
  const other = await launch();
  rows.floor.push(await floorOf(other.page));
  await other.close();
  const browser = await launch();
  rows['first visit'].push(await usable(browser.page));
  await browser.page.evaluate(() => navigator.serviceWorker.ready);
  rows['offline copy'].push(await usable(browser.page));
  await browser.close();
}
server.close();

const middle = list => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
console.log('## Time to usable\n');
console.log(`Median of ${ROUNDS} fresh browsers, server on the same machine. Floor: the module fetched and compiled alone.\n`);
console.log('| what | ms | beside the floor |\n|---|--:|--:|');
for (const [name, list] of Object.entries(rows)) {
  console.log(`| ${name} | ${middle(list).toFixed(0)} | ${(middle(list) / middle(rows.floor)).toFixed(2)} |`);
}
console.log();
