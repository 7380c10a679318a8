// What is published, judged by a browser: it starts from any static host and under any path, it keeps
// to its policy, it works without its server, and changed parts do not run.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { browser, dist, integrity, named, serve, tampered, verdict } from './page/host.mjs';

let chrome;
before(async () => (chrome = await browser()));
after(() => chrome?.close());

/** One visitor with an empty profile. */
async function visit(body, files = dist()) {
  const host = await serve(files);
  const context = await chrome.newContext();
  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  try {
    await body({ host, page, asked, context });
  } finally {
    await context.close();
    await host.stop().catch(() => {});
  }
}

/** Resolves when the offline copy is there. */
const kept = (page) =>
  page.evaluate(() => {
    const late = new Promise((_, refuse) => setTimeout(refuse, 90_000, new Error('no offline copy')));
    return Promise.race([navigator.serviceWorker.ready.then(() => 'kept'), late]);
  });
const build = (page) => page.locator('meta[name=signet-build]').getAttribute('content');

/** The next release: another build name, everything else alike. */
function release(files, name) {
  const next = new Map(files);
  const old = files.get('index.html');
  const index = Buffer.from(old.toString().replace(/(signet-build" content=")[^"]*/, `$1${name}`));
  next.set('index.html', index);
  const worker = files.get('sw.js').toString();
  next.set('sw.js', Buffer.from(worker.replace(integrity(old), integrity(index)).replace(/(VERSION = ')[^']*/, `$1${name}`)));
  assert.notEqual(next.get('sw.js').toString(), worker);
  return next;
}

describe('a first visit', () => {
  test('starts under a sub-path, asks nobody else and breaks no rule of its policy', () =>
    visit(async ({ host, page, asked }) => {
      await page.goto(host.url);
      assert.equal(await verdict(page), 'runs');
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      assert.deepEqual(asked.filter((url) => !url.startsWith(host.url) && !url.startsWith('data:')), []);
    }));

  test('does not run a script that somebody injects', () =>
    visit(async ({ host, page }) => {
      await page.goto(host.url);
      assert.equal(await verdict(page), 'runs');
      const ran = await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = 1';
        document.body.append(script);
        return window.injected;
      });
      assert.equal(ran, undefined);
      assert.match((await page.evaluate(() => window.violations)).join(), /script-src-elem inline/);
    }));

  test('sends nothing to a host that nobody named', async () => {
    const foreign = await serve(new Map([['index.html', Buffer.from('')]]));
    try {
      await visit(async ({ host, page }) => {
        await page.goto(host.url);
        const told = await page.evaluate(
          (url) => fetch(url, { mode: 'no-cors' }).then(() => 'sent', () => 'refused'), foreign.url);
        assert.equal(told, 'refused');
      });
    } finally {
      await foreign.stop();
    }
  });
});

describe('a changed part', () => {
  const files = dist();
  const parts = [
    named(files, '', '_bg.wasm'),
    named(files, '', '_bg.wasm').replace('_bg.wasm', '.js'),
    named(files, 'boot-', '.js'),
    named(files, 'boot-', '.css'),
    named(files, 'guard-', '.js'),
  ];
  for (const part of parts) {
    test(`${part.replace(/-[0-9a-f]{16}/, '')} does not run`, () =>
      visit(async ({ host, page }) => {
        host.files = new Map(files).set(part, tampered(part, files.get(part)));
        await page.goto(host.url);
        // Without its guard the page has nobody to show the layer; the changed script stays out all the same.
        if (part.startsWith('guard-')) await page.waitForLoadState('networkidle');
        else assert.match(await verdict(page), /^Stop\. Call an engineer\./);
        assert.equal(await page.evaluate(() => window.tampered), undefined);
      }));
  }

  test('that is missing is said to be', () =>
    visit(async ({ host, page }) => {
      host.files = new Map(files);
      host.files.delete(named(files, 'boot-', '.js'));
      await page.goto(host.url);
      assert.match(await verdict(page), /could not be loaded/);
    }));
});

describe('a browser that cannot', () => {
  test('run WebAssembly is told so in words', () =>
    visit(async ({ host, page }) => {
      await page.addInitScript(() => delete window.WebAssembly);
      await page.goto(host.url);
      assert.match(await verdict(page), /too old/);
    }));

  test('go on after a fault of the program shows the layer above everything', () =>
    visit(async ({ host, page }) => {
      await page.goto(host.url);
      assert.equal(await verdict(page), 'runs');
      await page.evaluate(() => setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable'); }));
      assert.match(await verdict(page), /^Stop\. Call an engineer\./);
      const top = await page.evaluate(() => document.elementFromPoint(innerWidth / 2, 5).id);
      assert.equal(top, 'boot-stop');
    }));
});

describe('the offline copy', () => {
  test('starts without the server', () =>
    visit(async ({ host, page }) => {
      await page.goto(host.url);
      await kept(page);
      await host.stop();
      await page.reload();
      assert.equal(await verdict(page), 'runs');
    }));

  test('is not replaced by a release in which one part was changed', () =>
    visit(async ({ host, page }) => {
      const first = host.files;
      await page.goto(host.url);
      await kept(page);
      const bad = release(first, '9.9.9 bad');
      const wasm = named(first, '', '_bg.wasm');
      host.files = bad.set(wasm, tampered(wasm, first.get(wasm)));
      const state = await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        await registration.update().catch(() => {});
        const worker = registration.installing;
        if (worker) {
          await new Promise((done) => worker.addEventListener('statechange', done, { once: true }));
        }
        return { waiting: Boolean(registration.waiting), caches: (await caches.keys()).length };
      });
      assert.deepEqual(state, { waiting: false, caches: 1 });
      await page.reload();
      assert.equal(await verdict(page), 'runs');
      assert.doesNotMatch(await build(page), /bad/);
    }));

  test('is replaced by a good release only when the page says so', () =>
    visit(async ({ host, page }) => {
      await page.goto(host.url);
      await kept(page);
      await page.reload(); // now the worker serves it
      assert.equal(await verdict(page), 'runs');
      host.files = release(host.files, '9.9.9 good');
      await page.evaluate(() => navigator.serviceWorker.ready.then((registration) => registration.update()));
      await page.waitForSelector('html[data-update=ready]');
      await page.reload();
      assert.doesNotMatch(await build(page), /good/);
      await page.waitForSelector('html[data-update=ready]');
      await Promise.all([
        page.waitForEvent('load'),
        page.evaluate(() => dispatchEvent(new CustomEvent('signet:update-apply'))),
      ]);
      assert.equal(await verdict(page), 'runs');
      assert.equal(await build(page), '9.9.9 good');
      assert.equal(await page.evaluate(() => caches.keys().then((names) => names.length)), 1);
    }));

  test('is taken by every tab when its own page says so, whichever was the first', () =>
    visit(async ({ host, page, context }) => {
      await page.goto(host.url);
      await kept(page);
      await page.reload();
      const other = await context.newPage();
      for (const tab of [page, other]) {
        if (tab === other) await tab.goto(host.url);
        assert.equal(await verdict(tab), 'runs');
      }
      host.files = release(host.files, '9.9.9 good');
      await page.evaluate(() => navigator.serviceWorker.ready.then((registration) => registration.update()));
      for (const tab of [page, other]) await tab.waitForSelector('html[data-update=ready]');
      for (const tab of [page, other]) {
        // What the first has put into use does not reload the other, which may be at work.
        assert.doesNotMatch(await build(tab), /good/);
        await Promise.all([
          tab.waitForEvent('load'),
          tab.evaluate(() => dispatchEvent(new CustomEvent('signet:update-apply'))),
        ]);
        assert.equal(await verdict(tab), 'runs');
        assert.equal(await build(tab), '9.9.9 good');
      }
    }));
});
