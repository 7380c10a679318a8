// Where a private key is not: in the tab's memory once its run has ended, on the clipboard, in an address.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ends, openssl, parseByEspressif, readByEsptool, replug, startLine } from './lib/line.mjs';
import { keepMemory, missedWhenPlanted, random, search } from './lib/memory.mjs';
import { foundIn, foundInText, inMemory, inText, nonces } from './lib/shapes.mjs';

/** The recipe is open, and the page has asked which ports there are. */
async function settled(page) {
  await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
  await page.waitForTimeout(300);
}

let line;
let folder;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-keys-'));
  line = await startLine({ plugged: false });
});
afterEach(async () => {
  await line?.close();
  line = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The private key that the board's flash holds: 48 bytes, and the image that they were taken from. */
async function keyInBoard() {
  const image = await readByEsptool(line.board, folder);
  const { key } = await parseByEspressif(image, folder);
  return { scalar: scalarOf(await openssl('ec', '-in', key, '-noout', '-text')), image: fs.readFileSync(image) };
}

/** The 48 bytes in what OpenSSL says of a key. */
function scalarOf(told) {
  const hex = told.match(/priv:\s*([0-9a-f:\s]+)pub/)[1].replace(/[^0-9a-f]/g, '');
  return Buffer.from(hex.slice(-96).padStart(96, '0'), 'hex');
}

/** Makes a key and its request on the Bench. */
async function makeOnBench(page) {
  await page.getByRole('navigation').getByRole('link', { name: 'Bench' }).click();
  await page.getByTestId('bench-make').click();
  await page.getByTestId('make-cn').fill('pump-0043');
  await page.getByTestId('make-go').click();
  await page.getByTestId('object').filter({ hasText: 'Certificate request' }).waitFor();
}

describe('the memory of the tab', () => {
  let csrs;

  /** Opens the page, its memory kept within reach. */
  async function begin() {
    await keepMemory(line.browser.context);
    csrs = [];
    line.page.on('request', request => {
      const csr = request.postData()?.match(/"csr":"([^"]+)"/)?.[1];
      if (csr) csrs.push(Buffer.from(csr, 'base64'));
    });
    await line.page.goto(`${line.station.origin}/`);
    await settled(line.page);
    return line.page;
  }

  /** What to look for once the run has signed its request. */
  const secretsOf = scalar => inMemory({ key: scalar, ...nonces(csrs.at(-1), scalar) });

  /** No shape is left. A wipe follows a run in a turn of its own, so there is a moment's patience. */
  async function holdsNothing(page, shapes) {
    await page.waitForTimeout(500);
    const { bytes, found } = await search(page, shapes);
    assert.ok(bytes > 1 << 20, `${bytes} bytes are not the page's memory`);
    assert.deepEqual(found, {});
  }

  test('holds the key during a run and not after it, nor after the finished board comes back', async () => {
    const page = await begin();
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    const { scalar, image } = await keyInBoard();
    assert.ok((await random(page)).some(made => made.equals(scalar)), 'the key is not what the browser gave');
    const shapes = secretsOf(scalar);

    // The search can find: the key as it was computed with and as it was on its way to the board.
    const inImage = foundIn(image, shapes);
    assert.ok(inImage.length > 0, 'the image holds the key in no shape that is looked for');
    const during = Object.keys((await search(page, shapes, 'written')).found);
    assert.ok(during.some(name => name.startsWith('key,') && !inImage.includes(name)), `only ${during}`);
    for (const name of inImage) assert.ok(during.includes(name), `not found during the run: ${name}`);
    const missed = await missedWhenPlanted(page, shapes);
    assert.deepEqual(missed, [], 'not found though they are there');

    await holdsNothing(page, shapes);
    await line.board.command('reset');
    await replug(line);
    await ends(page, 'pass');
    await holdsNothing(page, shapes);
  });

  test('holds no key after a run that failed', async () => {
    const page = await begin();
    // Refused before there is a chain to verify, whose arithmetic would run over what signing left behind.
    await line.station.fault({ fault: 'disabled', count: 9 });
    await line.ports.plug('board', line.cable);
    await ends(page, 'fail');
    const [scalar] = await random(page);
    const shapes = secretsOf(scalar);
    const asked = Object.keys((await search(page, shapes, 'asked')).found);
    assert.ok(asked.length > 0, 'the key was not in memory while DPS was asked');
    assert.deepEqual(asked.filter(name => name.includes('nonce')), []);
    await holdsNothing(page, shapes);
  });

  test('holds the keys of the Bench until it is cleared', async () => {
    const page = await begin();
    await makeOnBench(page);
    await page.getByRole('tab', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByTestId('export-der').click();
    const csr = fs.readFileSync(await (await download).path());
    const [made] = await random(page);

    // Sealed, and taken in from files, as text of Windows, too.
    await page.getByTestId('bag-item').filter({ hasText: 'Private key' }).click();
    await page.getByRole('tab', { name: 'Export' }).click();
    await page.getByTestId('export-pkcs8-password').fill('gloves');
    await page.getByTestId('export-pkcs8-again').fill('gloves');
    const sealed = page.waitForEvent('download');
    await page.getByTestId('export-pkcs8').click();
    await (await sealed).path();
    const [pem, wide] = ['key.pem', 'wide.pem'].map(name => path.join(folder, name));
    await openssl('ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', pem);
    fs.writeFileSync(wide, Buffer.from(`\ufeff${fs.readFileSync(pem, 'utf8')}`, 'utf16le'));
    await page.getByTestId('bench-file').setInputFiles([pem, wide]);
    await page.getByTestId('bag-item').nth(2).waitFor();

    const opened = scalarOf(await openssl('ec', '-in', pem, '-noout', '-text'));
    const shapes = inMemory({ key: made, ...nonces(csr, made), 'opened key': opened });
    const before = Object.keys((await search(page, shapes)).found);
    for (const name of ['key, big endian', 'opened key, big endian']) assert.ok(before.includes(name), `not found: ${name}`);
    assert.deepEqual(before.filter(name => name.includes('nonce')), []);
    await page.getByTestId('bench-clear').click();
    await page.getByTestId('bench-empty').waitFor();
    await holdsNothing(page, shapes);
  });
});

test('keys never reach the clipboard or an address, whatever is done with them', async () => {
  const { page, browser: { context }, station: { origin } } = line;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await keepMemory(context);
  const said = await listen(context);
  await page.goto(`${origin}/`);
  await settled(page);
  await line.ports.plug('board', line.cable);
  await ends(page, 'pass');
  const { scalar } = await keyInBoard();
  await makeOnBench(page);
  const made = await random(page);
  assert.ok(made.length >= 2 && made.some(bytes => bytes.equals(scalar)), 'the keys are not what the browser gave');
  const shapes = inText(Object.fromEntries(made.map((bytes, i) => [`key ${i}`, bytes])));

  // What is meant to be copied is: the ledger's head in whole, as the screen shows it in short.
  await page.getByRole('navigation').getByRole('link', { name: 'Station' }).click();
  await page.getByRole('button', { name: 'Copy it whole' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const shown = await page.getByTestId('ledger-head').innerText();
  const head = line.station.ledger().find(({ seq }) => shown.startsWith(`#${seq} `));
  assert.equal(shown, `#${head.seq} · ${head.hash.slice(0, 12)}…`);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${head.seq} ${head.hash}`);
  const copied = said.filter(({ where }) => where === 'clipboard').map(({ text }) => text);
  assert.deepEqual(copied, [`${head.seq} ${head.hash}`]);

  assert.ok(said.some(({ where, text }) => where === 'address' && text.includes('#bench')), 'no address was seen');
  const leaks = () => said.filter(({ text }) => foundInText(text, shapes).length > 0).map(({ where }) => where);
  assert.deepEqual(leaks(), []);

  // A key in any of these places is found.
  await page.evaluate(async ([hex, base64]) => {
    await navigator.clipboard.writeText(`-----BEGIN PRIVATE KEY-----\n${base64}`);
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': new Blob([hex], { type: 'text/plain' }) })]);
    history.replaceState(hex, '');
    history.pushState(null, '', `#${encodeURIComponent(base64)}`);
    location.hash = hex;
    await fetch(`./recipe.json?${hex}`);
  }, [scalar.toString('hex'), scalar.toString('base64')]);
  const until = Date.now() + 10_000;
  while (leaks().length < 6 && Date.now() < until) await page.waitForTimeout(100);
  const found = leaks();
  for (const [where, least] of [['clipboard', 2], ['history', 1], ['address', 2], ['request', 1]]) {
    assert.ok(found.filter(it => it === where).length >= least, `planted in ${where}, and not found: ${found}`);
  }
});

/** Collects what goes to the clipboard, to the history and into addresses: [{ where, text }]. */
async function listen(context) {
  const said = [];
  const tell = (where, text) => said.push({ where, text });
  await context.exposeFunction('testTell', tell);
  context.on('request', request => tell('request', `${request.url()} ${request.headers().referer ?? ''}`));
  for (const page of context.pages()) page.on('framenavigated', frame => tell('address', frame.url()));
  await context.addInitScript(() => {
    const before = (thing, name, heard) => {
      const genuine = thing[name];
      thing[name] = function (...words) {
        heard(...words);
        return genuine.apply(this, words);
      };
    };
    before(Clipboard.prototype, 'writeText', text => testTell('clipboard', String(text)));
    before(Clipboard.prototype, 'write', items => items.forEach(item => item.types.forEach(async type =>
      testTell('clipboard', await (await item.getType(type)).text()))));
    // The old way, and what a script puts in as somebody presses the keys for it.
    before(Document.prototype, 'execCommand', command => testTell('clipboard', `${command} ${getSelection()}`));
    before(DataTransfer.prototype, 'setData', (_, text) => testTell('clipboard', String(text)));
    for (const name of ['pushState', 'replaceState']) {
      before(History.prototype, name, (state, _, url) => {
        testTell('history', JSON.stringify(state) ?? '');
        testTell('address', String(url ?? ''));
      });
    }
    before(window, 'open', url => testTell('address', String(url)));
  });
  return said;
}
