// Many certificates at once, from PyPI's `cryptography`, judged in the worker.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { audit, looksFine, shoot } from './lib/look.mjs';
import { python, skip } from './lib/peers.mjs';
import { serve } from './lib/server.mjs';

const COUNT = 400;

describe('the fleet', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-fleet-'));
  const workers = [];
  let server;
  let browser;
  let page;
  let expected;
  let refused;

  before(async () => {
    if (!python()) return;
    execFileSync(python(), [path.join(root, 'tests/e2e/lib/fleet.py'), folder, String(COUNT)]);
    expected = JSON.parse(fs.readFileSync(path.join(folder, 'fleet.json')));
    refused = Object.values(expected.refused).reduce((sum, count) => sum + count);
    server = await serve({ root: path.join(root, 'dist') });
    browser = await launch();
    ({ page } = browser);
    page.on('worker', worker => workers.push(worker));
    await page.goto(`${server.origin}/#bench`);
    await page.getByTestId('bench-file').setInputFiles(path.join(folder, 'fleet.pem'));
    await page.getByTestId('fleet-open').click();
    await page.getByTestId('fleet-device').click();
  });
  after(async () => {
    await browser?.close();
    server?.close();
    fs.rmSync(folder, { recursive: true });
  });

  function fleet(name, body) {
    test(name, async t => (expected ? body(t) : skip(t, 'no Python with `cryptography`')));
  }

  fleet('the Bench offers it, and names how many there are', async () => {
    assert.match(await page.getByTestId('fleet-open').innerText(), new RegExp(`Judge all ${COUNT}`));
  });

  fleet('each bad certificate is refused for its reason, and no other', async () => {
    await page.getByTestId('fleet-start').click();
    await page.getByTestId('fleet-headline').filter({ hasText: `${refused} of ${COUNT} are refused.` }).waitFor();
    const rows = await page.getByTestId('fleet-why').locator('tbody tr').all();
    const found = {};
    for (const row of rows) {
      const [count, code] = (await row.innerText()).split(/\s+/);
      found[code] = Number(count);
    }
    assert.deepEqual(found, expected.refused);
  });

  fleet('two devices with one key are found', async () => {
    assert.match(await page.getByTestId('fleet-shared').innerText(), /^2 certificates share a key/);
    await page.getByTestId('fleet-shared').getByRole('button').click();
    assert.equal(await page.getByTestId('fleet-listed').innerText(), 'With a shared key: 2');
  });

  fleet('the whole can be saved for a spreadsheet', async () => {
    const download = page.waitForEvent('download');
    await page.getByTestId('fleet-csv').click();
    const text = fs.readFileSync(await (await download).path(), 'utf8');
    const lines = text.trimEnd().split('\r\n');
    assert.equal(lines.length, COUNT + 1);
    assert.equal(lines.filter(line => line.includes('"path.expired"')).length, expected.refused['path.expired']);
  });

  fleet('axe finds nothing, in either scheme, and it is pictured', async () => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await audit(page), []);
    }
    await shoot(page, 'bench-fleet');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'the page is wider than the window');
  });

  fleet('its tables fit a tablet: nothing is drawn sideways', async () => {
    const before = page.viewportSize();
    await page.getByTestId('fleet-refused').click();
    for (const width of [1024, 834, 600]) {
      await page.setViewportSize({ width, height: 1112 });
      const wide = await page.locator('.scroll').evaluateAll(
        all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel),
      );
      assert.deepEqual(wide, [], `${width} pixels`);
    }
    await page.setViewportSize(before);
  });

  fleet('whom a rule refuses is listed in sight of who asks', async () => {
    const before = page.viewportSize();
    await page.setViewportSize({ width: 834, height: 480 });
    await page.getByTestId('fleet-why').getByRole('button', { name: 'path.purpose' }).click();
    const listed = page.getByTestId('fleet-listed');
    assert.equal(await listed.innerText(), 'Refused: path.purpose: 2');
    const { top, bottom } = await listed.evaluate(it => it.getBoundingClientRect().toJSON());
    assert.ok(top >= 0 && bottom <= page.viewportSize().height, `from ${top} to ${bottom}`);
    await page.setViewportSize(before);
  });

  fleet('a refused certificate leads to its own report', async () => {
    await page.getByTestId('fleet-refused').click();
    await page.getByTestId('fleet-table').getByRole('button', { name: 'pump-00000' }).click();
    await page.getByTestId('headline').filter({ hasText: /expired/i }).waitFor();
    await page.getByTestId('fleet-open').click();
  });

  fleet('an outcome says when it is no more about what lies there', async () => {
    await page.getByTestId('fleet-start').click();
    await page.getByTestId('fleet-headline').waitFor();
    assert.equal(await page.getByTestId('fleet-changed').count(), 0);
    const extra = path.join(folder, 'extra.pem');
    fs.writeFileSync(extra, generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'pem' }));
    await page.getByTestId('bench-file').setInputFiles(extra);
    await page.getByTestId('fleet-changed').waitFor();
    await looksFine(page, 'bench-fleet-changed');
    assert.equal(await page.getByTestId('fleet-start').innerText(), 'Judge them again');
    await page.getByTestId('fleet-start').click();
    await page.getByTestId('fleet-changed').waitFor({ state: 'detached' });
    await page.getByTestId('fleet-headline').waitFor();
  });

  fleet('a moment that was chosen for one certificate is said to count for all', async () => {
    assert.equal(await page.getByTestId('fleet-moment').count(), 0);
    await page.getByTestId('fleet-table').getByRole('button').first().click();
    await page.getByTestId('slider').press('End');
    await page.getByTestId('fleet-open').click();
    assert.match(await page.getByTestId('fleet-moment').innerText(), /^The next audit goes by \d{4}-/);
    await page.getByTestId('fleet-moment').getByRole('button').click();
    await page.getByTestId('fleet-moment').waitFor({ state: 'detached' });
  });

  fleet('a worker whose program does not start ends the audit with the reason', async () => {
    const other = await page.context().newPage();
    try {
      await other.addInitScript(() => {
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function post(message, ...rest) {
          postMessage.call(this, message instanceof WebAssembly.Module ? new Uint8Array(4) : message, ...rest);
        };
      });
      await other.goto(`${server.origin}/#bench`);
      await other.getByTestId('bench-file').setInputFiles(path.join(folder, 'fleet.pem'));
      await other.getByTestId('fleet-open').click();
      await other.getByTestId('fleet-start').click();
      await other.getByText(/The audit stopped \(.*CompileError/).waitFor();
      assert.equal(await other.getByTestId('fleet-start').count(), 1);
    } finally {
      await other.close();
    }
  });

  /** Starts, and cancels as soon as that can be done; false if the workers were quicker. */
  const cancelled = () => page.evaluate(() => new Promise(resolve => {
    const find = id => document.querySelector(`[data-testid=${id}]`);
    new MutationObserver((_, seen) => {
      if (!find('fleet-cancel')) return;
      seen.disconnect();
      setTimeout(() => {
        const button = find('fleet-cancel');
        button?.click();
        resolve(Boolean(button));
      });
    }).observe(document.body, { childList: true, subtree: true });
    find('fleet-start').click();
  }));

  fleet('it can be cancelled, and the worker is gone', async () => {
    for (let tries = 1; !(await cancelled()); tries += 1) {
      assert.ok(tries < 50, 'the audit was over each time');
      await page.getByTestId('fleet-start').waitFor();
    }
    await page.getByTestId('fleet-start').waitFor();
    assert.equal(await page.getByTestId('fleet-headline').count(), 0);
    for (let waited = 0; page.workers().length > 0 && waited < 30_000; waited += 50) await page.waitForTimeout(50);
    assert.deepEqual(page.workers(), []);
    assert.ok(workers.length >= 2);
  });

  fleet('an audit ends with its fleet, and the next one begins anew', async () => {
    await page.getByTestId('fleet-start').click();
    await page.getByTestId('fleet-headline').waitFor();
    await page.getByTestId('bench-clear').click();
    await page.getByTestId('bench-empty').waitFor();
    await page.getByTestId('bench-file').setInputFiles(path.join(folder, 'fleet.pem'));
    await page.getByTestId('fleet-open').click();
    await page.getByTestId('fleet-start').waitFor();
    assert.equal(await page.getByTestId('fleet-headline').count(), 0);
  });

  fleet('the browser had nothing to complain about', async () => {
    // A host without a recipe answers 404 to the page's question for one; Chromium notes that itself.
    const complaints = browser.problems.filter(problem => !/Failed to load resource: .* 404/.test(problem));
    assert.deepEqual(complaints, []);
  });
});
