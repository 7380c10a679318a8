// What comes onto the Bench and leaves it again, with keys, requests and lists that openssl made: files with
// several passwords, keys without their public half, a drop that is cleared away while it is read, a search,
// what cannot be read, and text that is dropped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, pbkdf2Sync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { looksFine } from './lib/look.mjs';
import { serve } from './lib/server.mjs';

describe('onto the bench and off it', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-intake-'));
  const file = name => path.join(folder, name);
  const read = name => fs.readFileSync(file(name));
  const write = (name, ...parts) => fs.writeFileSync(file(name), Buffer.concat(parts.map(part => Buffer.from(part))));
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  let server;
  let browser;
  let page;

  before(async () => {
    makeFiles();
    server = await serve({ root: path.join(root, 'dist') });
    browser = await launch();
    ({ page } = browser);
    await page.goto(`${server.origin}/#bench`);
    await page.getByTestId('bench-empty').waitFor();
  });
  after(async () => {
    await browser?.close();
    server?.close();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    if (await page.getByTestId('bench-clear').count()) await page.getByTestId('bench-clear').click();
    const close = page.getByTestId('bench-problems').getByRole('button', { name: 'Close' });
    if (await close.count()) await close.click();
    await page.getByTestId('bench-empty').waitFor();
  });

  function makeFiles() {
    for (const [name, password] of [['one', 'gloves'], ['two', 'boots']]) {
      openssl('genpkey', '-algorithm', 'ed25519', '-out', `${name}.pem`);
      openssl('pkcs8', '-topk8', '-in', `${name}.pem`, '-v2', 'aes256', '-iter', '1000', '-passout', `pass:${password}`,
        '-out', `${name}-sealed.pem`);
    }
    write('both.pem', read('one-sealed.pem'), read('two-sealed.pem'));
    // A P-384 key whose halves do not belong together: the other half ends the structure.
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-out', 'p384.pem');
    openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'p384.pem', '-outform', 'DER', '-out', 'p384.der');
    const halves = read('p384.der');
    halves[halves.length - 1] ^= 1;
    write('halves.der', sealed(halves, 'gloves'));
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-keyout', 'ca.key',
      '-out', 'ca.pem', '-subj', '/CN=Dropped Root', '-days', '3650');
    makeUnreadable();
    for (let n = 0; n < 10; n += 1) write(`key-${n}.der`, ed25519(n));
  }

  /** An Ed25519 key as RFC 8410 section 7 writes it, and openssl. */
  function ed25519(n) {
    return Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(28, 7), be32(n)]);
  }
  function be32(n) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(n);
    return bytes;
  }

  /**
   * EncryptedPrivateKeyInfo of a key that openssl itself would not write: PBES2 (RFC 8018) with PBKDF2 (SHA-256,
   * 1,000 rounds, salt and IV of zeros) and AES-256 in CBC.
   */
  function sealed(pkcs8, password) {
    const key = pbkdf2Sync(password, Buffer.alloc(8), 1000, 32, 'sha256');
    const aes256 = createCipheriv('aes-256-cbc', key, Buffer.alloc(16));
    const cipher = Buffer.concat([aes256.update(pkcs8), aes256.final()]);
    const tlv = (tag, ...parts) => {
      const body = Buffer.concat(parts);
      const size = body.length < 256 ? [body.length] : [body.length >> 8, body.length & 255];
      const length = body.length < 128 ? size : [0x80 + size.length, ...size];
      return Buffer.concat([Buffer.from([tag, ...length]), body]);
    };
    const oid = hex => tlv(6, Buffer.from(hex, 'hex'));
    const kdf = tlv(0x30, oid('2a864886f70d01050c'), tlv(0x30, tlv(4, Buffer.alloc(8)), tlv(2, Buffer.from([3, 0xe8])),
      tlv(0x30, oid('2a864886f70d0209'), Buffer.from([5, 0]))));
    const aes = tlv(0x30, oid('60864801650304012a'), tlv(4, Buffer.alloc(16)));
    const algorithm = tlv(0x30, oid('2a864886f70d01050d'), tlv(0x30, kdf, aes));
    return tlv(0x30, algorithm, tlv(4, cipher));
  }

  /** A request of a version that there is not, and a list made at no time. */
  function makeUnreadable() {
    openssl('req', '-new', '-key', 'ca.key', '-subj', '/CN=pump', '-outform', 'DER', '-out', 'request.der');
    const request = read('request.der');
    request[request.indexOf(Buffer.from([2, 1, 0])) + 2] = 5;
    write('request.der', request);
    write('index.txt');
    write('ca.cnf', '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha384\ndefault_crl_days=30\n');
    openssl('ca', '-gencrl', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', 'list.pem');
    openssl('crl', '-in', 'list.pem', '-outform', 'DER', '-out', 'list.der');
    const list = read('list.der');
    // UTCTime of 13 characters.
    list[list.indexOf(Buffer.from([0x17, 13])) + 2] = 'x'.charCodeAt(0);
    write('list.der', list);
  }

  const open = (...names) => page.getByTestId('bench-file').setInputFiles(names.map(file));
  const items = text => page.getByTestId('bag-item').filter({ hasText: text });
  const problem = text => page.getByTestId('bench-error').filter({ hasText: text });
  const remove = () => page.getByRole('button', { name: 'Remove' }).click();
  /** Waits until there are so many. */
  async function count(locator, wanted) {
    if (wanted > 0) await locator.nth(wanted - 1).waitFor();
    await locator.nth(wanted).waitFor({ state: 'detached' });
  }
  async function unlock(password) {
    await page.getByTestId('unlock-password').fill(password);
    await page.getByTestId('unlock-password').press('Enter');
  }
  const fine = name => looksFine(page, name);
  /** Drops text as a person does who drags it from another window, onto `selector` or the page. */
  const dropText = (text, selector = null) => page.evaluate(([text, selector]) => {
    const data = new DataTransfer();
    if (text !== null) data.setData('text/plain', text);
    const target = selector ? document.querySelector(selector) : document.body;
    const fire = type => target.dispatchEvent(
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
    );
    return [fire('dragover'), fire('drop')];
  }, [text, selector]);

  test('a file with two passwords opens with one and the other', async () => {
    await open('both.pem');
    await unlock('mittens');
    await page.getByTestId('unlock-refused').filter({ hasText: 'file.wrong-password' }).waitFor();
    await unlock('boots');
    await page.getByTestId('unlock-part').waitFor();
    await count(page.getByTestId('bag-item'), 2);
    assert.equal(await items('Private key').count(), 1);
    await fine('intake-part');
    await unlock('gloves');
    await items('Sealed with a password').waitFor({ state: 'detached' });
    await count(items('Private key'), 2);
    assert.equal(await page.getByTestId('bench-error').count(), 0);
  });

  test('a key that opens and whose halves do not belong together is told', async () => {
    await open('halves.der');
    await unlock('gloves');
    await problem('file.key').waitFor();
    assert.match(await problem('file.key').innerText(), /halves\.der/);
    await page.getByTestId('bench-empty').waitFor();
  });

  test('two keys of openssl without their public halves are two, and one twice is one', async () => {
    await open('one.pem', 'two.pem', 'one.pem');
    await count(items('Private key'), 2);
    await page.getByTestId('object').filter({ hasText: 'Ed25519, 256 bit' }).waitFor();
    await fine('intake-half');
    // Each has its own secret, and openssl reads it.
    for (const name of ['one', 'two']) {
      await items(`${name}.pem`).click();
      await page.getByRole('tab', { name: 'Export' }).click();
      await page.getByTestId('export-pkcs8-password').fill('gloves');
      await page.getByTestId('export-pkcs8-again').fill('gloves');
      const download = page.waitForEvent('download');
      await page.getByTestId('export-pkcs8').click();
      await (await download).saveAs(file('saved.pem'));
      assert.equal(openssl('pkey', '-in', 'saved.pem', '-passin', 'pass:gloves'), read(`${name}.pem`).toString());
    }
  });

  test('what is still being read when the Bench is cleared does not come', async () => {
    const many = Array.from({ length: 3000 }, (_, n) => ed25519(n).toString('base64'));
    await page.evaluate(many => {
      const data = new DataTransfer();
      for (const [n, text] of many.entries()) {
        data.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], `${n}.der`));
      }
      globalThis.cleared = new Promise(done => {
        // The moment in which the first thousand lies there, and the others do not.
        const watch = new MutationObserver(() => {
          const clear = document.querySelector('[data-testid=bench-clear]');
          if (clear) {
            watch.disconnect();
            const said = clear.parentElement.innerText;
            clear.click();
            done(said);
          }
        });
        watch.observe(document.body, { childList: true, subtree: true });
      });
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, many);
    assert.match(await page.evaluate(() => globalThis.cleared), /1000 objects/);
    await page.getByTestId('bench-empty').waitFor();
    // What is opened after that is read after that, and comes.
    await open('one.pem');
    await count(items('Private key'), 1);
    await page.waitForTimeout(1500);
    await count(items('one.pem'), 1);
  });

  test('a search stays while there is something in it, and says when it finds nothing', async () => {
    await open(...Array.from({ length: 10 }, (_, n) => `key-${n}.der`));
    await count(page.getByTestId('bag-item'), 10);
    await page.getByTestId('bag-search').fill('key-3');
    await count(items('key-3.der'), 1);
    await items('key-3.der').click();
    await remove();
    await page.getByTestId('bag-none').filter({ hasText: 'Nothing' }).waitFor();
    assert.equal(await page.getByTestId('bag-search').inputValue(), 'key-3');
    await fine('intake-search');
    await page.getByTestId('bag-search').fill('');
    await count(page.getByTestId('bag-item'), 9);
    assert.equal(await page.getByTestId('bag-none').innerText(), '');
    assert.equal(await page.getByTestId('bag-search').count(), 0);
  });

  for (const [name, code] of [['request.der', 'csr.not-a-request'], ['list.der', 'cert.not-a-list']]) {
    test(`${name}: that it cannot be read is said where it would be shown, and when it comes`, async () => {
      await open(name);
      await problem(code).waitFor();
      const said = await page.getByTestId('unread').innerText();
      assert.match(said, /at byte \d+/);
      assert.ok(said.includes(code));
      await fine(`intake-unread-${name}`);
      // With the last object goes what was said about it.
      await remove();
      await page.getByTestId('bench-empty').waitFor();
      assert.equal(await page.getByTestId('bench-error').count(), 0);
    });
  }

  test('text that is dropped is read, and what is neither text nor a file is refused', async () => {
    const pem = read('ca.pem').toString();
    assert.deepEqual(await dropText(pem), [false, false], 'the page takes it');
    await items('Dropped Root').filter({ hasText: 'dropped text' }).waitFor();
    await dropText(null);
    await problem('bench.nothing-dropped').waitFor();
    await fine('intake-nothing');
  });

  test('a field keeps the text that is dropped onto it', async () => {
    const field = '[data-testid=bench-text]';
    assert.deepEqual(await dropText(read('ca.pem').toString(), field), [true, true], 'the browser puts it there');
    assert.equal(await page.getByTestId('bag-item').count(), 0);
    assert.equal(await page.locator('.veil').count(), 0);
  });

  test('of many files that cannot be read the newest are named and the others counted', async () => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      for (let n = 0; n < 3000; n += 1) data.items.add(new File(['nothing'], `${n}.txt`));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await page.getByTestId('bench-problems').filter({ hasText: 'And 2995 more.' }).waitFor();
    assert.equal(await page.getByTestId('bench-error').count(), 5);
    assert.match(await page.getByTestId('bench-error').first().innerText(), /2999\.txt/);
  });

  test('the browser had nothing to complain about', () => {
    // A host without a recipe answers 404 to the page's question for one; Chromium notes that itself.
    const expected = /Failed to load resource: .* 404/;
    assert.deepEqual(browser.problems.filter(problem => !expected.test(problem)), []);
  });
});
