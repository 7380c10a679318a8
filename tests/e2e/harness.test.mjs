// The ear for trouble hears, the judge of accessibility judges, and the pictures are what they say.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { audit, shoot } from './lib/look.mjs';
import { serve } from './lib/server.mjs';

const HEAD = '<!doctype html><html lang="en"><title>Harness</title><link rel="icon" href="data:,">';
const GOOD = `${HEAD}<style>@media (prefers-color-scheme: dark) { html { background: #000; color: #fff } }</style><main><h1>Fine</h1></main>`;
const BAD = `${HEAD}<main><h1>Bad</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></main>`;
const THROWS = `${HEAD}<script src="/throws.js"></script><script>inline = 1</script><script src="/missing.js"></script>`;

async function opened(t, headers) {
  const pages = { '/good': GOOD, '/bad': BAD, '/throws': THROWS, '/throws.js': 'throw new Error("on purpose")' };
  const server = await serve({ pages, headers });
  t.after(() => server.close());
  const browser = await launch();
  t.after(() => browser.close());
  return { ...browser, origin: server.origin };
}

test('errors, violations of the policy and missing files are heard', async t => {
  const policy = "default-src 'none'; script-src 'self'; img-src data:";
  const { page, origin, problems } = await opened(t, { 'content-security-policy': policy });
  await page.goto(`${origin}/throws`);
  for (const heard of [/^uncaught: on purpose/, /^console: CSP script-src-elem: inline/, /^console: .*404/]) {
    // What the page tells is not always here when the page has loaded.
    for (let waited = 0; !problems.some(problem => heard.test(problem)) && waited < 30_000; waited += 50) await page.waitForTimeout(50);
    assert.ok(problems.some(problem => heard.test(problem)), `${heard} in\n${problems.join('\n')}`);
  }
});

test('axe-core finds what is wrong, under a strict policy too', async t => {
  const { page, origin, problems } = await opened(t, { 'content-security-policy': "default-src 'none'; img-src data:; style-src 'unsafe-inline'" });
  await page.goto(`${origin}/good`);
  assert.deepEqual(await audit(page), []);
  await page.goto(`${origin}/bad`);
  assert.match((await audit(page)).join('\n'), /^image-alt \(critical\): img: /);
  assert.deepEqual(problems, []);
});

test('a page is pictured in both schemes on both screens', async t => {
  const { page, origin } = await opened(t);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-shots-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  await page.goto(`${origin}/good`);
  const shots = await shoot(page, 'good', { folder });
  const names = shots.map(shot => path.basename(shot));
  assert.deepEqual(names, ['good-desk-light.png', 'good-tablet-light.png', 'good-desk-dark.png', 'good-tablet-dark.png']);
  const pictures = shots.map(shot => fs.readFileSync(shot));
  const sizes = pictures.map(png => [png.readUInt32BE(16), png.readUInt32BE(20)]); // PNG, IHDR
  assert.deepEqual(sizes, [[1366, 768], [1024, 1366], [1366, 768], [1024, 1366]]);
  assert.notDeepEqual(pictures[0], pictures[2]);
});
