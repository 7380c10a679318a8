// Wycheproof's signatures (C2SP/wycheproof, Apache-2.0) through the page's own code in a real Chromium:
// by WebCrypto, and P-384 in WebAssembly where a page has no WebCrypto.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildWasm } from './lib/bench-wasm.mjs';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { serve } from './lib/server.mjs';

const corpus = process.env.SIGNET_CORPORA && path.join(process.env.SIGNET_CORPORA, 'wycheproof');
const missing = !corpus || !fs.existsSync(corpus);
if (missing) console.error('skipped: SIGNET_CORPORA names no folder with wycheproof');

/** ecdsa-with-SHA2, RFC 5758 section 3.2, and sha2WithRSAEncryption, RFC 4055 section 5, by hash. */
const ECDSA = { 256: '300a06082a8648ce3d040302', 384: '300a06082a8648ce3d040303', 512: '300a06082a8648ce3d040304' };
const RSA = {
  256: '300d06092a864886f70d01010b0500', 384: '300d06092a864886f70d01010c0500', 512: '300d06092a864886f70d01010d0500',
};

/** RSASSA-PSS-params, RFC 4055 section 3.1, with one hash for both and the length of the salt. */
function pss(bits, salt) {
  const hash = `300d060960864801650304020${{ 256: 1, 384: 2, 512: 3 }[bits]}0500`;
  const parameters = `a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201${salt.toString(16)}`;
  return `304106092a864886f70d01010a3034${parameters}`;
}

const FILES = [
  ['ecdsa_secp256r1_sha256_test.json', ECDSA[256]],
  ['ecdsa_secp384r1_sha256_test.json', ECDSA[256]],
  ['ecdsa_secp384r1_sha384_test.json', ECDSA[384]],
  ['ecdsa_secp521r1_sha512_test.json', ECDSA[512]],
  ...[2048, 3072, 4096].flatMap(size => [256, 384, 512].map(hash => [`rsa_signature_${size}_sha${hash}_test.json`, RSA[hash]])),
  ...[[2048, 256, 32], [2048, 384, 48], [3072, 256, 32], [4096, 256, 32], [4096, 384, 48], [4096, 512, 32], [4096, 512, 64]]
    .map(([size, hash, salt]) => [`rsa_pss_${size}_sha${hash}_mgf1_${salt}_test.json`, pss(hash, salt)]),
];

/** Runs in the page: every vector, with the page's answer (1 valid, 0 invalid, -1 not known). */
async function judge([groups, algorithm]) {
  const { check } = globalThis.signet;
  const bytes = hex => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  const answers = [];
  for (const group of groups) {
    const spki = bytes(group.publicKeyDer ?? group.publicKeyAsn);
    for (const { tcId, msg, sig, result, comment } of group.tests) {
      answers.push({ tcId, result, comment, answer: await check(bytes(algorithm), spki, bytes(msg), bytes(sig)) });
    }
  }
  return answers;
}

describe('signatures in the page, by Wycheproof', { skip: missing && 'no corpus' }, () => {
  let server;
  let browser;

  before(async () => {
    const folder = path.join(root, 'target/wycheproof');
    fs.rmSync(folder, { recursive: true, force: true });
    buildWasm(path.join(folder, 'wasm'), { optimized: false });
    fs.writeFileSync(path.join(folder, 'index.html'), `<!doctype html><title>Signatures</title><script type="module">
      import init, * as signet from './wasm/signet_bench.js';
      await init();
      globalThis.signet = signet;
    </script>`);
    server = await serve({ root: folder });
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens the page anew, as `prepare` leaves it. */
  async function open(prepare) {
    const page = await browser.page.context().newPage();
    if (prepare) await page.addInitScript(prepare);
    await page.goto(`${server.origin}/`);
    await page.waitForFunction(() => globalThis.signet);
    return page;
  }

  async function answers(page, file, algorithm) {
    const { testGroups } = JSON.parse(fs.readFileSync(path.join(corpus, file)));
    return page.evaluate(judge, [testGroups, algorithm]);
  }

  /** One that is "acceptable" may go either way. */
  function hold(file, all) {
    const right = { valid: 1, invalid: 0 };
    const wrong = all.filter(({ result, answer }) => (result in right ? right[result] !== answer : answer === -1));
    assert.deepEqual(wrong, [], file);
    const count = result => all.filter(one => one.result === result).length;
    assert.ok(count('valid') >= 5 && count('invalid') >= 10, `${file}: ${count('valid')} and ${count('invalid')}`);
  }

  test('every verdict by WebCrypto is the one of the vectors', async () => {
    const page = await open();
    for (const [file, algorithm] of FILES) hold(file, await answers(page, file, algorithm));
    await page.close();
  });

  test('P-384 without WebCrypto, too; and the rest is not known', async () => {
    const page = await open(() => Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined }));
    assert.equal(await page.evaluate(() => crypto.subtle), undefined);
    const file = 'ecdsa_secp384r1_sha384_test.json';
    hold(file, await answers(page, file, ECDSA[384]));
    // A signature that is no pair of numbers is invalid whoever looks.
    const others = await answers(page, 'ecdsa_secp256r1_sha256_test.json', ECDSA[256]);
    assert.ok(others.filter(one => one.result === 'valid').every(one => one.answer === -1));
    await page.close();
  });
});
