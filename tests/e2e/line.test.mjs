// The main job: a browser, a station and a genuine ESP32-C3 boot ROM; from plugging in to PASS.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { audit } from './lib/look.mjs';
import { ends, openssl, parseByEspressif, readByEsptool, startLine, stored, verdict } from './lib/line.mjs';

const MAC = '7c:df:a1:00:00:01';
const ID = 'sn-7cdfa1000001';

/** The recipe is open, and the page has asked which ports there are. */
async function settled(page) {
  await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
  await page.waitForTimeout(300);
}

describe('a genuine boot ROM', () => {
  let line;
  let folder;
  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-e2e-')); });
  afterEach(async () => {
    await line?.close();
    line = undefined;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Opens the page and lets it begin with the board that is plugged in. */
  async function begin(options) {
    line = await startLine(options);
    await line.page.goto(`${line.station.origin}/`);
    await settled(line.page);
    if (options?.plugged !== false) await line.page.getByTestId('action-connect').click();
    return line.page;
  }

  test('from one click to PASS; esptool, Espressif and OpenSSL agree', async () => {
    const page = await begin({ plugged: false });
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    const text = await page.getByTestId('board-card').first().innerText();
    assert.ok(text.includes(ID), text);
    assert.ok(text.includes(MAC), text);

    // The board holds it: esptool reads the flash of the ROM, Espressif's reader takes it apart.
    const image = await readByEsptool(line.board, folder);
    const { key, chain, roots } = await parseByEspressif(image, folder);

    // OpenSSL: the chain leads to the station's root, and the key is the leaf's.
    const root = path.join(folder, 'root.pem');
    fs.copyFileSync(line.station.root, root);
    await openssl('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', root, '-untrusted', chain, chain);
    const inKey = await openssl('pkey', '-in', key, '-pubout');
    const inLeaf = await openssl('x509', '-in', chain, '-noout', '-pubkey');
    assert.equal(inKey, inLeaf);
    const subject = await openssl('x509', '-in', chain, '-noout', '-subject');
    assert.ok(subject.trim().endsWith(`CN = ${ID}`), subject);
    const bundle = fs.readFileSync(roots, 'utf8');
    assert.equal(bundle.match(/BEGIN CERTIFICATE/g).length, 2);

    // The key is on the board and nowhere else: not in the browser's store, not in the station's.
    const scalar = (await openssl('ec', '-in', key, '-noout', '-text')).match(/priv:\s*([0-9a-f:\s]+)pub/)[1].replace(/[^0-9a-f]/g, '').slice(-96);
    const body = fs.readFileSync(key, 'utf8').split('\n')[1];
    const kept = JSON.stringify(await stored(page));
    for (const needle of [scalar, body]) {
      assert.ok(!kept.toLowerCase().includes(needle.toLowerCase()), 'the key is in IndexedDB');
      assert.ok(!line.station.log.toLowerCase().includes(needle.toLowerCase()), 'the key is in the station log');
    }
    for (const file of fs.readdirSync(line.station.data, { recursive: true })) {
      const full = path.join(line.station.data, String(file));
      if (fs.statSync(full).isFile()) assert.ok(!fs.readFileSync(full).includes(Buffer.from(scalar, 'hex')), full);
    }
    assert.deepEqual(line.browser.problems, []);
  });

  /** How many certificates the station has issued. */
  const issued = () => line.station.certificates();

  /** How often DPS was asked to register. */
  const asked = () => line.station.log.match(/method=PUT/g)?.length ?? 0;

  const code = page => page.getByTestId('fault-code').first().textContent();

  test('a board that is finished stays untouched and gets no second certificate', async () => {
    const page = await begin();
    await ends(page, 'pass');
    const before = line.board.flash();
    await page.reload();
    await settled(page);
    await line.ports.unplug('board');
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    const records = await page.getByTestId('board-card').first().innerText();
    assert.match(records, /already|unchanged/i);
    assert.deepEqual(line.board.flash(), before);
    assert.equal(issued(), 1);
  });

  for (const bytes of [60, 400, 1500, 2500]) {
    test(`unplugged after ${bytes} bytes, plugged in again: PASS`, async () => {
      const page = await begin({ plugged: false });
      await line.ports.plug('board', line.cable);
      await line.ports.unplugAfter('board', bytes);
      await line.ports.until({ event: 'unplugged' }, 60_000);
      await page.waitForTimeout(500);
      await line.ports.plug('board', line.cable);
      assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
      const { chain } = await parseByEspressif(await readByEsptool(line.board, folder), folder);
      await openssl('verify', '-CAfile', line.station.root, '-untrusted', chain, chain);
      assert.equal(issued(), 1);
    });
  }

  test('a chip with USB of its own passes, and is no new board when it comes back from its reset', async () => {
    const page = await begin({ plugged: false, board: ['--run', '--usb-jtag'] });
    const cable = { ...line.cable, kind: 'usb-jtag' };
    await line.ports.plug('board', cable);
    await ends(page, 'pass');
    // It vanishes as it resets, and comes back as another device node.
    await line.ports.unplug('board');
    await line.ports.plug('again', { ...cable, node: 'ttyACM7' });
    await page.waitForTimeout(1000);
    assert.equal(await verdict(page, ['pass', 'fail', 'action']), 'pass');
    assert.equal(await page.getByTestId('board-card').count(), 1);
    assert.equal(issued(), 1);
  });

  test('a board that is plugged in soon after the last one went is a new one', async () => {
    const page = await begin({ plugged: false, board: ['--run', '--usb-jtag'] });
    const cable = { ...line.cable, kind: 'usb-jtag' };
    await line.ports.plug('board', cable);
    await ends(page, 'pass');
    await page.waitForTimeout(2500); // no board resets so late
    await line.ports.unplug('board');
    await line.ports.plug('next', { ...cable, node: 'ttyACM7' });
    await page.getByTestId('phase').filter({ hasText: 'Already provisioned' }).waitFor();
    assert.equal(await page.getByTestId('records-table').getByRole('row').count(), 3);
  });

  test('a label goes to the board that a person names, and edits nothing; and again to the same board', async () => {
    const page = await begin({ plugged: false });
    await page.route('**/recipe.json', async route => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, registrationId: { from: 'scan', template: 'sn-{serial}' } } });
    });
    await page.reload();
    await settled(page);
    const scan = async text => {
      await page.keyboard.type(text, { delay: 2 });
      await page.keyboard.press('Enter');
    };
    await line.ports.plug('board', line.cable);
    await line.ports.plug('other', { ...line.cable, node: 'ttyUSB9' });
    const held = page.getByTestId('fault-code').filter({ hasText: 'line.scan-missing' });
    await held.nth(1).waitFor();

    const operator = page.getByPlaceholder('Name or badge');
    await operator.focus();
    await page.keyboard.type('Ann', { delay: 120 });
    await page.waitForTimeout(200);
    await scan('0042');
    assert.equal(await operator.inputValue(), 'Ann');
    assert.equal(await page.getByTestId('scanned').innerText(), '0042');
    await page.getByTestId('fault-code').filter({ hasText: 'line.scan-whose' }).nth(1).waitFor();

    const card = page.getByTestId('board-card').first();
    await card.getByRole('button', { name: 'Start' }).press('Enter');
    // The button goes, and the keyboard stays with the board.
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'board-card');
    await page.locator('[data-testid=board-card][data-verdict=pass]').waitFor();
    assert.match(await card.innerText(), /sn-0042/);
    const [record] = (await stored(page)).records ?? [];
    if (record) assert.match(JSON.stringify(record), /Ann/);

    await page.getByTestId('board-card').nth(1).getByRole('button', { name: 'Put away' }).click();
    await line.ports.unplug('board');
    await line.ports.plug('board', line.cable);
    await page.getByTestId('fault-code').filter({ hasText: 'line.scan-missing' }).waitFor();
    await scan('0042');
    await page.getByTestId('phase').filter({ hasText: 'Already provisioned' }).waitFor();
    assert.equal(issued(), 1);
  });

  test('a port that another program holds is said to be, and opened when it is free', async () => {
    const page = await begin({ plugged: false });
    await line.ports.plug('board', line.cable);
    await line.ports.unplugAfter('board', 400);
    await line.ports.until({ event: 'unplugged' }, 60_000);
    await page.waitForTimeout(500);
    await line.ports.plug('board', { ...line.cable, refuse: 'busy' });
    await page.getByTestId('fault-code').filter({ hasText: 'run.port-refused' }).waitFor({ timeout: 60_000 });
    await line.ports.refuse('board', null);
    await page.getByTestId('decision-yes').first().click();
    assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
    assert.equal(issued(), 1);
  });

  test('a reload while DPS is at work asks before it issues again', async () => {
    const page = await begin({ plugged: false });
    await line.station.fault({ fault: 'slow', ms: 3000, count: 1 });
    await line.ports.plug('board', line.cable);
    await page.getByTestId('phase').filter({ hasText: 'Registering' }).waitFor({ timeout: 60_000 });
    await page.waitForTimeout(500);
    await page.reload();
    await settled(page);
    await line.ports.unplug('board');
    await line.ports.plug('board', line.cable);
    await ends(page, 'action');
    assert.equal(await code(page), 'run.possibly-issued');
    await page.waitForTimeout(3000); // the first request is still under way, and DPS takes one at a time
    await page.getByTestId('decision-yes').first().click();
    assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
  });

  test('a reload between issue and write asks before it issues again, and leaves a record', async () => {
    const page = await begin({ plugged: false });
    await line.ports.plug('board', line.cable);
    await line.ports.unplugAfter('board', 2500);
    await line.ports.until({ event: 'unplugged' }, 60_000);
    await ends(page, 'action');
    assert.equal(issued(), 1);
    await page.reload();
    await settled(page);
    // What was issued is not forgotten: its run has a record though it never ended.
    const row = page.getByTestId('records-table').getByRole('row').filter({ hasText: 'run.interrupted' });
    await row.waitFor();
    await line.ports.plug('board', line.cable);
    await ends(page, 'action');
    assert.equal(await code(page), 'run.issued-before');
    assert.equal(issued(), 1);
    await page.getByTestId('decision-yes').first().click();
    assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
    assert.equal(issued(), 2);
  });

  test('a board that comes while the journal is being opened starts when it is open', async () => {
    line = await startLine({ plugged: false });
    const { page, station: { origin } } = line;
    const recipe = await line.station.recipe();
    // Another page makes the database, and takes its time.
    const other = await page.context().newPage();
    await other.goto(`${origin}/signet.webmanifest`);
    await other.evaluate(() => new Promise(resolve => {
      const open = indexedDB.open('signet', 1);
      open.onupgradeneeded = () => {
        for (const name of ['journal', 'names', 'records', 'settings']) open.result.createObjectStore(name);
        const store = open.transaction.objectStore('settings');
        const hold = () => { if (!globalThis.done) store.get('none').onsuccess = hold; };
        hold();
        resolve();
      };
      open.onsuccess = () => open.result.close();
    }));
    await page.bringToFront();
    await page.goto(`${origin}/`);
    const buffer = Buffer.from(JSON.stringify({ ...recipe, name: 'From a file' }));
    await page.getByTestId('recipe-file').setInputFiles({ name: 'recipe.json', mimeType: 'application/json', buffer });
    await page.getByTestId('recipe-name').filter({ hasText: 'From a file' }).waitFor();
    await page.waitForTimeout(300);
    await line.ports.plug('board', line.cable);
    await verdict(page, 'action');
    assert.equal(await code(page), 'line.journal-opening');
    await other.evaluate(() => { globalThis.done = true; });
    assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
  });

  const faults = [
    [{ fault: 'throttle', retryAfter: 1, count: 1 }, 'pass'],
    [{ fault: 'server-error', status: 503, count: 1 }, 'pass'],
    [{ fault: 'root-first', count: 9 }, 'pass'],
    [{ fault: 'pem', count: 9 }, 'pass'],
    [{ fault: 'base64-pem', count: 9 }, 'pass'],
    [{ fault: 'shuffled', count: 9 }, 'pass'],
    [{ fault: 'html', status: 403, count: 9 }, 'dps.proxy-page'],
    [{ fault: 'failed', count: 9 }, 'dps.failed'],
    [{ fault: 'disabled', count: 9 }, 'dps.disabled'],
    [{ fault: 'no-chain', count: 9 }, 'dps.chain-missing'],
    [{ fault: 'wrong-key', count: 9 }, 'chain.key-not-found'],
    [{ fault: 'expired', count: 9 }, 'chain.expired'],
    [{ fault: 'foreign-root', count: 9 }, 'chain.unexpected-root'],
    [{ fault: 'wrong-cn', count: 9 }, 'chain.wrong-common-name'],
  ];
  test('each fault of the cloud ends in its own words, and nothing is written', async t => {
    for (const [order, expected] of faults) {
      await t.test(order.fault, async () => {
        const page = await begin({ plugged: false });
        const before = line.board.flash();
        await line.station.fault(order);
        await line.ports.plug('board', line.cable);
        if (expected === 'pass') {
          await ends(page, 'pass');
        } else {
          await ends(page, 'fail');
          assert.equal(await code(page), expected);
          if (order.fault === 'failed') assert.deepEqual(await audit(page), []);
          assert.deepEqual(line.board.flash(), before);
        }
        await line.close();
        line = undefined;
      });
    }
  });

  test('a board in secure download mode is refused before anything is asked of DPS', async () => {
    const page = await begin({ board: ['--run', '--sdm'] });
    await ends(page, 'fail');
    assert.equal(await code(page), 'flash.secure-download');
    assert.equal(asked(), 0);
  });
});
