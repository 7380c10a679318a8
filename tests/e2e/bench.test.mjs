// The Bench with files that others made: chains from PyPI's `cryptography`, a PKCS #12 from openssl, the
// answer of a DPS, a root from Debian; and every common way in which a chain breaks. What is checked is
// what a person would read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { looksFine, shoot } from './lib/look.mjs';
import { python, skip } from './lib/peers.mjs';
import { serve } from './lib/server.mjs';

const BALTIMORE = '/usr/share/ca-certificates/mozilla/Baltimore_CyberTrust_Root.crt';
const PASSWORD = 'gloves';

describe('the bench', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-bench-'));
  const file = name => path.join(folder, name);
  let server;
  let browser;
  let page;
  let ready = false;
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });

  before(async () => {
    if (!python()) return;
    execFileSync(python(), [path.join(root, 'tests/e2e/lib/chains.py'), folder]);
    openssl('pkcs12', '-export', '-inkey', 'key.pem', '-in', 'chain.pem', '-name', 'pump', '-out', 'openssl.p12',
      '-passout', `pass:${PASSWORD}`);
    server = await serve({ root: path.join(root, 'dist') });
    browser = await launch();
    ({ page } = browser);
    await page.goto(`${server.origin}/#bench`);
    await page.getByTestId('bench-empty').waitFor();
    ready = true;
  });
  after(async () => {
    await browser?.close();
    server?.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** A test on an empty Bench; skipped aloud without its judges. */
  function bench(name, body) {
    test(name, async t => {
      if (!ready) return skip(t, 'no Python with `cryptography`');
      if (await page.getByTestId('bench-clear').count()) await page.getByTestId('bench-clear').click();
      await page.getByTestId('bench-empty').waitFor();
      await body(t);
    });
  }

  const open = (...names) => page.getByTestId('bench-file').setInputFiles(names.map(file));
  const bag = () => page.getByTestId('bag-item').allInnerTexts();
  const view = name => page.getByRole('tab', { name }).click();
  const verdict = async (profile, word) => {
    const card = page.getByTestId(`verdict-${profile}`);
    await card.filter({ hasText: word }).waitFor();
    return card.innerText();
  };
  const profile = name => page.getByTestId(`verdict-${name}`).click();
  const headline = async text => {
    await page.getByTestId('headline').filter({ hasText: text }).waitFor();
    return page.getByTestId('headline').innerText();
  };
  /** Drops files onto the page as a person does. */
  async function drop(...names) {
    const files = names.map(name => ({ name, data: fs.readFileSync(file(name)).toString('base64') }));
    await page.evaluate(files => {
      const data = new DataTransfer();
      for (const { name, data: text } of files) {
        data.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], name));
      }
      window.dispatchEvent(new DragEvent('dragover', { dataTransfer: data, cancelable: true }));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
    }, files);
  }
  async function saved(testid) {
    const download = page.waitForEvent('download');
    await page.getByTestId(testid).click();
    const target = file(`saved-${testid}`);
    await (await download).saveAs(target);
    return target;
  }
  const fine = name => looksFine(page, name);

  bench('a chain that holds is accepted by the profiles it is for', async () => {
    await open('chain.pem');
    for (const name of ['rfc5280', 'device', 'azure']) await verdict(name, 'Accepted');
    assert.match(await verdict('web', 'Refused'), /path\.purpose/);
    await headline('Trusted on');
    assert.equal(await page.getByTestId('node').count(), 3);
    assert.match(await page.getByTestId('rules').innerText(), /none broken/);
    await fine('bench-chain');
    await view('Contents');
    await page.getByTestId('certificate').waitFor();
    await fine('bench-contents');
    await view('Bytes');
    await page.getByTestId('hex').waitFor();
    await fine('bench-bytes');
    await view('Export');
    await fine('bench-export');
    await view('Chain');
  });

  bench('on paper every fold is open, and nothing is there to press', async () => {
    await open('chain.pem');
    const fold = page.locator('.rule-box details').first();
    const shown = () => fold.evaluate(fold => [fold.open, fold.lastElementChild.checkVisibility()]);
    assert.deepEqual(await shown(), [false, false]);
    await page.emulateMedia({ media: 'print' });
    assert.deepEqual(await shown(), [false, true]);
    assert.equal(await page.getByRole('button', { name: 'See what it says' }).first().isVisible(), false);
    await page.emulateMedia({ media: null });
  });

  bench('files that are dropped lie in one bag, in whatever order they come', async () => {
    await drop('leaf.der', 'chain.p7b');
    await page.getByTestId('bag-item').nth(2).waitFor();
    assert.equal((await bag()).length, 3);
    await verdict('azure', 'Accepted');
  });

  for (const [name, form] of [['chain.p12', 'PyPI cryptography'], ['openssl.p12', 'openssl']]) {
    bench(`a PKCS #12 made by ${form} asks for its password, and opens with it`, async () => {
      await open(name);
      await page.getByTestId('unlock-password').fill('wrong');
      await page.getByTestId('unlock-password').press('Enter');
      await page.getByTestId('unlock-refused').filter({ hasText: /password/i }).waitFor();
      await fine('bench-locked');
      await page.getByTestId('unlock-password').fill(PASSWORD);
      await page.getByTestId('unlock-password').press('Enter');
      await verdict('azure', 'Accepted');
      assert.match((await bag()).join('\n'), /Private key/);
      await view('Contents');
      assert.match(await page.getByTestId('same-key').innerText(), /Private key/);
      await view('Chain');
    });
  }

  bench('the answer of a DPS is a chain', async () => {
    await open('answer.json');
    await verdict('azure', 'Accepted');
    assert.equal((await bag()).length, 3);
  });

  const broken = [
    ['missing.pem', 'device', /Contoso Issuing CA 1/, 'path.issuer-missing'],
    ['expired.pem', 'device', /expired/, 'path.expired'],
    ['early.pem', 'device', /valid from/, 'path.not-yet-valid'],
    ['stranger.pem', 'device', /signature|key/i, 'path.signature'],
    ['purpose.pem', 'device', /clientAuth/i, 'path.purpose'],
    ['too-long.pem', 'device', /no further authority/, 'path.path-length'],
    ['revoked.pem', 'device', /revoked/i, 'path.revoked'],
  ];
  for (const [name, which, sentence, code] of broken) {
    bench(`${name}: refused, with the reason and what mends it`, async () => {
      await open(name);
      await profile(which);
      await verdict(which, 'Refused');
      const said = await headline(code);
      assert.match(said, /Not trusted on/);
      assert.match(said, sentence);
      assert.match(said, /Device client certificate/);
      if (name === 'expired.pem') assert.match(said, /pump-0042: The certificate expired/);
      await page.locator('[data-testid=node]:is([data-state=fail], [data-state=missing])').first().waitFor();
      if (name === 'missing.pem') await fine('bench-missing');
      if (name === 'stranger.pem') {
        await page.getByTestId('node').filter({ hasText: 'the one here does not fit' }).waitFor();
        await fine('bench-stranger');
      }
    });
  }

  bench('what Azure would not have issued is accepted as a path and found out as a profile', async () => {
    await open('unlike-azure.pem');
    await page.getByTestId('expected').fill('pump-0042');
    await page.getByTestId('expected').press('Enter');
    await profile('azure');
    await verdict('azure', 'findings');
    const rules = await page.getByTestId('rules').innerText();
    for (const code of ['azure.key', 'azure.common-name', 'azure.days']) assert.ok(rules.includes(code), code);
  });

  bench('a cross-signed root has two ways up, and the second is drawn', async () => {
    await open('cross.pem');
    await verdict('rfc5280', 'Accepted');
    assert.ok(await page.getByTestId('node').count() >= 4);
    await fine('bench-cross');
  });

  bench('the path that is chosen is the one that is kept, given out and printed', async () => {
    await open('cross.pem', 'key.pem');
    await page.getByTestId('bag-item').filter({ hasText: 'pump-0042' }).first().click();
    await verdict('rfc5280', 'Accepted');
    await profile('rfc5280');
    const paths = page.getByRole('group', { name: 'Paths' }).getByRole('button');
    const pressed = () => paths.evaluateAll(all => all.findIndex(one => one.ariaPressed === 'true'));
    const names = page.getByTestId('rules').locator('h4');
    const first = await names.allInnerTexts();
    const other = 1 - await pressed();
    await paths.nth(other).press('Enter');
    await page.waitForFunction(first => document.querySelector('.rules h4').innerText !== first, first[0]);
    const second = await names.allInnerTexts();
    // The keyboard stays where it was.
    assert.equal(await pressed(), other);
    assert.equal(await paths.nth(other).evaluate(button => button === document.activeElement), true);
    // The same way up, at another moment and in another profile.
    await page.getByTestId('slider').press('ArrowRight');
    await page.getByTestId('headline').waitFor();
    assert.deepEqual(await names.allInnerTexts(), second);
    await profile('device');
    assert.deepEqual(await names.allInnerTexts(), second);

    const above = second.slice(0, -1).reverse();
    await view('Export');
    assert.match(await page.getByTestId('export').innerText(), new RegExp(`Path ${other + 1} of 2`));
    await fine('bench-export-path');
    const issuers = text => [...text.matchAll(/^subject=.*CN = ([^\n,]+)$/gm)].map(([, name]) => name);
    const bundle = await saved('export-bundle');
    const made = openssl('crl2pkcs7', '-nocrl', '-certfile', bundle);
    fs.writeFileSync(file('bundle.p7'), made);
    assert.deepEqual(issuers(openssl('pkcs7', '-in', file('bundle.p7'), '-print_certs', '-noout')).slice(1), above);
    const p7b = openssl('pkcs7', '-inform', 'DER', '-in', await saved('export-p7b'), '-print_certs', '-noout');
    assert.deepEqual(issuers(p7b).toSorted(), ['pump-0042', ...above].toSorted());
    await page.getByTestId('export-p12-password').fill(PASSWORD);
    await page.getByTestId('export-p12-again').fill(PASSWORD);
    const p12 = await saved('export-p12');
    const inside = openssl('pkcs12', '-in', p12, '-passin', `pass:${PASSWORD}`, '-nokeys');
    assert.deepEqual(issuers(inside).toSorted(), ['pump-0042', ...above].toSorted());
    await page.evaluate(() => {
      window.print = () => {
        window.printed = [...document.querySelectorAll('.rules h4')].map(one => one.innerText);
      };
    });
    await page.getByTestId('export-print').click();
    await page.waitForFunction(() => window.printed);
    assert.deepEqual(await page.evaluate(() => window.printed), second);

    // Another certificate has other paths.
    await page.getByTestId('bag-item').filter({ hasText: 'Contoso Issuing CA 1' }).first().click();
    await page.getByTestId('bag-item').filter({ hasText: 'pump-0042' }).first().click();
    await verdict('rfc5280', 'Accepted');
    await page.getByTestId('rules').waitFor();
    await profile('rfc5280');
    assert.deepEqual(await names.allInnerTexts(), first);
    await page.getByRole('button', { name: 'Now', exact: true }).click();
  });

  bench('the time slider says what fails when', async () => {
    await open('chain.pem');
    await page.getByTestId('spans').getByText('Refused').last().click();
    await headline('Not trusted on');
    assert.match(await headline('path.expired'), /expired/);
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await headline('Trusted on');
    // The keyboard moves it, too.
    await page.getByTestId('slider').press('End');
    await headline('Not trusted on');
  });

  bench('the time slider knows when a revocation list begins and ends', async () => {
    await open('listed.pem');
    await profile('rfc5280');
    await headline('Trusted on');
    const now = page.getByTestId('spans').locator('[aria-current=true]');
    await now.filter({ hasText: 'Accepted' }).waitFor();
    assert.equal(await now.count(), 1);
    // Before the certificate, before the lists, now, after the lists, after the certificate.
    const drawn = ['fail', 'fail', 'pass', 'fail', 'fail'];
    const states = page.getByTestId('spans').locator('li');
    assert.deepEqual(await states.evaluateAll(all => all.map(one => one.dataset.state)), drawn);
    const week = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    const said = await page.locator('.timeline-said').innerText();
    assert.match(said, new RegExp(`Holds until ${week}`));
    assert.match(said, /The list was to be replaced by/);
    await fine('bench-listed');
    const before = page.viewportSize();
    for (const width of [1366, 1024, 834, 600]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await page.getByTestId('spans').evaluate(brokenDates), [], `${width} pixels`);
    }
    await page.setViewportSize(before);
    // What is drawn is what is found there.
    const codes = ['not-yet-valid', 'revocation-unknown', 'Trusted on', 'revocation-unknown', 'expired'];
    for (const [index, code] of codes.entries()) {
      await states.nth(index).getByRole('button').click();
      await headline(code);
    }
    await page.getByRole('button', { name: 'Now', exact: true }).click();
  });

  bench('a moment is typed: nothing happens on the way, and Enter or leaving the field takes it', async () => {
    await open('chain.pem');
    await headline('Trusted on');
    await profile('rfc5280');
    const field = page.getByTestId('moment');
    const before = await field.inputValue();
    const year = new Date().getUTCFullYear() + 20;
    // The parts of the date in the order of the browser's language: month, day, year.
    const type = async text => {
      await field.focus();
      await page.keyboard.type(text, { delay: 30 });
    };
    await type(`0615${String(year).slice(0, 3)}`);
    assert.match(await headline('Trusted on'), new RegExp(before.slice(0, 10)));
    assert.equal(await field.evaluate(field => field === document.activeElement), true);
    await page.keyboard.type(String(year).slice(3));
    assert.match(await field.inputValue(), new RegExp(`^${year}-06-15T`));
    assert.match(await headline('Trusted on'), new RegExp(before.slice(0, 10)));
    await page.keyboard.press('Enter');
    await headline(`Not trusted on ${year}-06-15`);
    assert.equal((await field.inputValue()).slice(11, 16), before.slice(11, 16));
    await page.getByRole('tab', { name: 'Chain' }).focus();
    await type(`0716${year}`);
    await page.getByRole('tab', { name: 'Chain' }).focus();
    await headline(`Not trusted on ${year}-07-16`);
    // Half a year is forgotten.
    await type('060520');
    await page.getByRole('tab', { name: 'Chain' }).focus();
    assert.match(await field.inputValue(), new RegExp(`^${year}-07-16T`));
    await headline(`Not trusted on ${year}-07-16`);
    // Who only walks through it has chosen nothing.
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await headline('Trusted on');
    await field.focus();
    await page.getByRole('tab', { name: 'Chain' }).focus();
    assert.equal(await page.getByRole('button', { name: 'Now', exact: true }).isDisabled(), true);
  });

  bench('each press of an arrow key moves the time slider by one', async () => {
    await open('chain.pem');
    await profile('rfc5280');
    const slider = page.getByTestId('slider');
    await slider.waitFor();
    const start = Number(await slider.inputValue());
    for (let step = 1; step <= 5; step++) {
      await slider.press('ArrowRight');
      assert.equal(Number(await slider.inputValue()), start + step);
    }
    for (let step = 4; step >= 0; step--) {
      await slider.press('ArrowLeft');
      assert.equal(Number(await slider.inputValue()), start + step);
    }
    await page.getByRole('button', { name: 'Now', exact: true }).click();
  });

  bench('no verdict stands under the name of another certificate', async () => {
    await open('chain.pem');
    await headline('Trusted on');
    await page.getByTestId('spans').waitFor();
    // From now on signatures are checked when the test says so.
    await page.evaluate(() => {
      const { verify } = SubtleCrypto.prototype;
      const gate = new Promise(open => {
        window.release = () => {
          SubtleCrypto.prototype.verify = verify;
          open();
        };
      });
      SubtleCrypto.prototype.verify = async function (...args) {
        await gate;
        return verify.apply(this, args);
      };
    });
    await open('second.pem');
    await page.getByTestId('object').filter({ hasText: 'pump-0044' }).waitFor();
    await page.getByTestId('chain').getByText('Checking signatures').waitFor();
    await page.getByTestId('verdict-rfc5280').filter({ hasText: 'Checking' }).waitFor();
    assert.equal(await page.getByTestId('headline').count(), 0);
    assert.equal(await page.getByTestId('spans').count(), 0);
    assert.equal(await page.getByTestId('rules').count(), 0);
    await page.evaluate(() => window.release());
    await headline('Trusted on');
    await page.getByTestId('spans').waitFor();
  });

  bench('a part of the tree marks its bytes, and a byte its part', async () => {
    await open('leaf.der');
    await view('Bytes');
    await page.getByTestId('tree').getByText('serialNumber').click();
    assert.match(await page.getByTestId('bytes-said').innerText(), /serialNumber/);
    const der = fs.readFileSync(file('leaf.der'));
    const marked = await page.getByTestId('hex').locator('.body').allInnerTexts();
    assert.ok(der.toString('hex').includes(marked.join('').replaceAll(' ', '')));
    await page.getByTestId('hex').locator('[data-at="0"]').click();
    assert.match(await page.getByTestId('bytes-said').innerText(), /at byte 0,/);
    await view('Chain');
  });

  bench('the cursor in the bytes starts at the part that was picked, and goes to the end of a long one', async () => {
    const header = (tag, size) => Buffer.from([tag, 0x82, size >> 8, size & 0xff]);
    const content = Buffer.alloc(9_000, 0x41);
    const inner = Buffer.concat([Buffer.from([6, 2, 0x2a, 3]), header(4, content.length), content]);
    fs.writeFileSync(file('long.der'), Buffer.concat([header(0x30, inner.length), inner]));
    await open('long.der');
    await page.getByTestId('hex').waitFor();
    const hex = page.getByTestId('hex');
    const cursor = hex.locator('.cursor');
    const said = text => page.getByTestId('bytes-said').filter({ hasText: text }).waitFor();
    await page.getByTestId('tree').getByText('OCTET STRING').click();
    assert.equal(await cursor.getAttribute('data-at'), '8');
    await said('cursor is on byte 8: 04');
    await hex.press('ArrowRight');
    assert.equal(await cursor.getAttribute('data-at'), '9');
    for (let line = 0; line < 300; line++) await page.keyboard.press('ArrowDown');
    await said('cursor is on byte 4809: 41');
    assert.equal(await cursor.count(), 1);
    assert.equal(await cursor.getAttribute('data-at'), '4809');
    await page.waitForFunction(() => {
      const [pane, cursor] = ['.hex', '.hex .cursor'].map(it => document.querySelector(it).getBoundingClientRect());
      return pane.top <= cursor.top && cursor.bottom <= pane.bottom;
    });
    await fine('bench-bytes-long');
    for (let line = 0; line < 300; line++) await page.keyboard.press('ArrowDown');
    await said(`cursor is on byte ${inner.length + 3}: 41`);
    await page.getByTestId('tree').getByText('OBJECT IDENTIFIER').click();
    await said('cursor is on byte 4: 06');
    assert.equal(await cursor.getAttribute('data-at'), '4');
    // Seen without any colour of the page's own, too.
    await page.emulateMedia({ forcedColors: 'active' });
    assert.notEqual(await cursor.evaluate(it => getComputedStyle(it).outlineStyle), 'none');
    await shoot(page, 'bench-bytes-forced');
    await page.emulateMedia({ forcedColors: null });
  });

  bench('what is no certificate is refused by name, and what was there stays', async () => {
    await open('chain.pem');
    await page.getByTestId('bag-item').nth(2).waitFor();
    await open('page.html');
    const said = await page.getByTestId('bench-error').innerText();
    assert.match(said, /page\.html/);
    assert.match(said, /file\./);
    assert.equal((await bag()).length, 3);
    await fine('bench-refused');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  bench('a certificate that is not as the standard says is shown as far as it can be read', async () => {
    const der = fs.readFileSync(file('leaf.der'));
    const version = der.indexOf(Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02]));
    assert.ok(version > 0);
    der[version + 4] = 9;
    fs.writeFileSync(file('bent.der'), der);
    await open('bent.der');
    await page.getByTestId('bag-item').first().waitFor();
    const sketch = page.getByTestId('sketch');
    await sketch.waitFor();
    const said = await sketch.innerText();
    assert.match(said, /No path is built with it/);
    assert.match(said, /Subject\s+.*pump-0042/);
    assert.match(said, /Version\s+.*\s*.*10/);
    const sha256 = createHash('sha256').update(der).digest('hex').toUpperCase();
    assert.ok(said.replaceAll(/[\s:]/g, '').toUpperCase().includes(sha256));
    await fine('bench-sketch');
  });

  bench('a root that Azure has left is found out', async t => {
    if (!fs.existsSync(BALTIMORE)) return skip(t, 'no Baltimore root: install ca-certificates');
    await page.getByTestId('bench-file').setInputFiles(BALTIMORE);
    await page.getByTestId('object').filter({ hasText: 'retired' }).waitFor();
  });

  bench('a new key and its request: openssl verifies the one and opens the other', async () => {
    await page.getByTestId('bench-make').click();
    await page.getByTestId('make-cn').fill('pump-0043');
    await page.getByTestId('make-names').fill('pump-0043.contoso.example\n192.0.2.7');
    await fine('bench-make');
    await page.getByTestId('make-go').click();
    await page.getByTestId('object').filter({ hasText: 'Certificate request' }).waitFor();
    assert.match((await bag()).join('\n'), /Private key/);
    await fine('bench-request');
    await view('Export');
    const request = await saved('export-pem');
    const text = openssl('req', '-in', request, '-verify', '-noout', '-text');
    assert.match(text, /CN = pump-0043/);
    assert.match(text, /DNS:pump-0043\.contoso\.example, IP Address:192\.0\.2\.7/);
    assert.match(text, /secp384r1/);
    await page.getByTestId('bag-item').filter({ hasText: 'Private key' }).click();
    await view('Export');
    await page.getByTestId('export-pkcs8-password').fill(PASSWORD);
    await page.getByTestId('export-pkcs8-again').fill(PASSWORD);
    const key = await saved('export-pkcs8');
    assert.match(fs.readFileSync(key, 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/);
    const mine = openssl('pkey', '-in', key, '-passin', `pass:${PASSWORD}`, '-pubout');
    assert.equal(mine, openssl('req', '-in', request, '-noout', '-pubkey'));
    await view('Contents');
  });

  bench('exports are read by openssl', async () => {
    await open('missing.pem', 'chain.pem', 'key.pem');
    await page.getByTestId('bag-item').filter({ hasText: 'pump-0042' }).first().click();
    await verdict('azure', 'Accepted');
    await view('Export');
    const bundle = fs.readFileSync(await saved('export-bundle'), 'utf8');
    assert.equal(bundle.trim(), fs.readFileSync(file('chain.pem'), 'utf8').trim());
    const p7 = openssl('pkcs7', '-inform', 'DER', '-in', await saved('export-p7b'), '-print_certs', '-noout');
    assert.equal(p7.match(/subject=/g).length, 3);
    await page.getByTestId('export-p12-password').fill(PASSWORD);
    await page.getByTestId('export-p12-again').fill(PASSWORD);
    const p12 = await saved('export-p12');
    const inside = openssl('pkcs12', '-in', p12, '-passin', `pass:${PASSWORD}`, '-nodes');
    assert.equal(inside.match(/BEGIN CERTIFICATE/g).length, 3);
    assert.match(inside, /BEGIN PRIVATE KEY/);
    const report = JSON.parse(fs.readFileSync(await saved('export-report'), 'utf8'));
    assert.equal(report.reports.length, 4);
    assert.equal(report.reports[0].verdict, 'accepted');
    await view('Chain');
  });

  bench('keys without their public half have names of their own, and no bytes to show', async () => {
    const key = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    fs.writeFileSync(file('two.pem'), key() + key());
    await open('two.pem');
    await page.getByTestId('bag-item').nth(1).waitFor();
    assert.match((await bag()).join('\n'), /Ed25519 key no\. 1[^]*Ed25519 key no\. 2/);
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), ['Contents', 'Export']);
    assert.match(await page.getByTestId('same-key').innerText(), /Not known/);
    await fine('bench-half');
    // Of a whole one, the public half and nothing else.
    await open('key.pem');
    await view('Bytes');
    await page.getByTestId('bytes').filter({ hasText: '120 bytes of the public half' }).waitFor();
    await view('Contents');
  });

  bench('the keyboard goes on from the heading of what a card led to', async () => {
    await open('chain.pem');
    await headline('Trusted on');
    await page.getByTestId('node').filter({ hasText: 'Contoso Issuing CA 1' }).press('Enter');
    const heading = page.getByTestId('object').getByRole('heading', { level: 2, name: 'Contoso Issuing CA 1' });
    await heading.waitFor();
    await page.waitForFunction(() => document.activeElement.matches('.object h2'));
    // What is still there keeps it.
    const first = page.getByTestId('bag-item').first();
    await first.press('Enter');
    await headline('Trusted on');
    assert.equal(await first.evaluate(item => item === document.activeElement), true);
  });

  bench('nothing secret stays: not in storage, not in the page, not after the Bench is cleared', async () => {
    await open('key.pem');
    await page.getByTestId('object').filter({ hasText: 'Private key' }).waitFor();
    const secret = fs.readFileSync(file('key.pem'), 'utf8').split('\n')[1];
    assert.ok(!(await page.content()).includes(secret));
    const kept = await page.evaluate(async () => {
      const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done, fail) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => done(request.result);
          request.onerror = () => fail(request.error);
        });
        for (const store of db.objectStoreNames) {
          const all = await new Promise(done => {
            const request = db.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => done(request.result);
          });
          texts.push(JSON.stringify(all));
        }
        db.close();
      }
      return texts.join('\n');
    });
    assert.ok(!kept.includes(secret));
    await page.reload();
    await page.getByTestId('bench-empty').waitFor();
  });

  test('the browser had nothing to complain about', t => {
    if (!ready) return skip(t, 'no Python with `cryptography`');
    // A host without a recipe answers 404 to the page's question for one; Chromium notes that itself.
    const expected = /Failed to load resource: .* 404/;
    assert.deepEqual(browser.problems.filter(problem => !expected.test(problem)), []);
  });
});

/** Runs in the page: the dates on the buttons of a list that stand on more than one line. */
function brokenDates(list) {
  const texts = document.createTreeWalker(list, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const date = text.parentElement.closest('button') && /\d{4}-\d\d-\d\d/.exec(text.data);
    if (!date) continue;
    const range = document.createRange();
    range.setStart(text, date.index);
    range.setEnd(text, date.index + date[0].length);
    if (range.getClientRects().length > 1) broken.push(text.data);
  }
  return broken;
}
