// A P-384 key and a signed request, in one Chromium: this project's WebAssembly beside the browser's own
// WebCrypto and @noble/curves. `./dev bench crypto` prints the table.
import fs from 'node:fs';
import path from 'node:path';
import { buildWasm } from './lib/bench-wasm.mjs';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { serve } from './lib/server.mjs';

const folder = path.join(root, 'target/bench-page');

fs.rmSync(folder, { recursive: true, force: true });
for (const name of ['curves', 'hashes']) {
  fs.cpSync(path.join(root, 'tests/node/node_modules/@noble', name), path.join(folder, `noble-${name}`), { recursive: true });
}
fs.copyFileSync(path.join(root, 'tests/e2e/bench/crypto.html'), path.join(folder, 'index.html'));
buildWasm(path.join(folder, 'wasm'));

const server = await serve({ root: folder });
const browser = await launch();
try {
  await browser.page.goto(`${server.origin}/`);
  await browser.page.waitForFunction(() => globalThis.result, null, { timeout: 300_000 });
  const result = await browser.page.evaluate(() => globalThis.result);
  console.log('## A P-384 key and its request, in one Chromium\n');
  console.log('Best of 12 rounds of 25, the three in turn.\n');
  console.log('| who | ms | beside WebCrypto |\n|---|--:|--:|');
  for (const [name, ms] of Object.entries(result)) {
    console.log(`| ${name} | ${ms.toFixed(2)} | ${(ms / result.webcrypto).toFixed(2)} |`);
  }
  console.log();
} finally {
  await browser.close();
  server.close();
}
