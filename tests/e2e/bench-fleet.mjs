// A fleet of 10,000 device certificates, judged in the page's workers, beside the same signatures checked
// by WebCrypto alone in as many workers that do nothing else. `./dev bench fleet` prints the table.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { parts } from './lib/der.mjs';
import { python } from './lib/peers.mjs';
import { serve } from './lib/server.mjs';

const COUNT = 10_000;
const ROUNDS = 3;
/** As many workers as the page takes (app/src/fleet/page.rs), and checks at a time in each. */
const MAX_WORKERS = 8;
const IN_FLIGHT = 32;

/** The floor: imports each issuer's key once, then checks every signature. */
const FLOOR = `
onmessage = async ({ data: { keys, jobs } }) => {
  const began = performance.now();
  const imported = await Promise.all(keys.map(key =>
    crypto.subtle.importKey('spki', key, { name: 'ECDSA', namedCurve: 'P-384' }, false, ['verify'])));
  let next = 0;
  let valid = 0;
  const work = async () => {
    while (next < jobs.length) {
      const { key, message, signature } = jobs[next++];
      if (await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-384' }, imported[key], signature, message)) valid += 1;
    }
  };
  await Promise.all(Array.from({ length: ${IN_FLIGHT} }, work));
  postMessage({ ms: performance.now() - began, valid });
};`;

if (!python()) {
  console.log('skipped: no Python with `cryptography` to make the fleet');
  process.exit(0);
}
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-fleet-'));
execFileSync(python(), [path.join(root, 'tests/e2e/lib/fleet.py'), folder, String(COUNT)]);
const bundle = path.join(folder, 'fleet.pem');
fs.writeFileSync(path.join(folder, 'jobs.json'), JSON.stringify(jobs(fs.readFileSync(bundle, 'utf8'))));
const expected = JSON.parse(fs.readFileSync(path.join(folder, 'fleet.json')));
const refused = Object.values(expected.refused).reduce((sum, count) => sum + count);

const floor = { '/': '<!doctype html><title>Floor</title>', '/jobs.json': fs.readFileSync(path.join(folder, 'jobs.json')) };
const servers = [await serve({ root: path.join(root, 'dist') }), await serve({ pages: floor })];
const browser = await launch();
try {
  const best = { signet: Infinity, floor: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    best.floor = Math.min(best.floor, await timeFloor(browser.page, servers[1].origin));
    best.signet = Math.min(best.signet, await timeSignet(browser.page, servers[0].origin));
  }
  console.log(`## ${COUNT} device certificates under two issuers, in one Chromium (\`fleet\`)\n`);
  console.log(`Best of ${ROUNDS} rounds, the two in turn.\n`);
  console.log('| who | ms | certificates per second | share of the floor |\n|---|--:|--:|--:|');
  for (const [name, ms] of Object.entries({ 'WebCrypto alone, the same signatures': best.floor, 'Signet, every rule': best.signet })) {
    console.log(`| ${name} | ${ms.toFixed(0)} | ${(COUNT / ms * 1000).toFixed(0)} | ${(best.floor / ms).toFixed(2)} |`);
  }
  console.log();
} finally {
  await browser.close();
  for (const server of servers) server.close();
  fs.rmSync(folder, { recursive: true });
}

async function timeFloor(page, origin) {
  await page.goto(`${origin}/`);
  const { ms, valid } = await page.evaluate(async ([code, most]) => {
    const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const { keys, jobs } = await (await fetch('/jobs.json')).json();
    const order = {
      keys: keys.map(bytes),
      jobs: jobs.map(([key, message, signature]) => ({ key, message: bytes(message), signature: bytes(signature) })),
    };
    const script = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const workers = Array.from({ length: Math.min(navigator.hardwareConcurrency, most) }, () => new Worker(script));
    const share = Math.ceil(order.jobs.length / workers.length);
    const answers = workers.map((worker, index) => new Promise(resolve => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage({ keys: order.keys, jobs: order.jobs.slice(index * share, (index + 1) * share) });
    }));
    const told = await Promise.all(answers);
    return { ms: Math.max(...told.map(one => one.ms)), valid: told.reduce((sum, one) => sum + one.valid, 0) };
  }, [FLOOR, MAX_WORKERS]);
  if (valid !== COUNT - expected.refused['path.signature']) throw new Error(`${valid} signatures were valid`);
  return ms;
}

/** From the click to the verdict on the screen. */
async function timeSignet(page, origin) {
  await page.goto(`${origin}/#bench`);
  await page.getByTestId('bench-file').first().setInputFiles(bundle);
  await page.getByTestId('fleet-open').click();
  await page.getByTestId('fleet-device').click();
  await page.waitForTimeout(3000); // until the Bench has judged the one that it shows
  const ms = await page.evaluate(() => new Promise(resolve => {
    const began = performance.now();
    const seen = new MutationObserver(() => {
      if (!document.querySelector('[data-testid=fleet-headline]')) return;
      seen.disconnect();
      resolve(performance.now() - began);
    });
    seen.observe(document.body, { childList: true, subtree: true });
    document.querySelector('[data-testid=fleet-start]').click();
  }));
  const said = await page.getByTestId('fleet-headline').innerText();
  if (!said.startsWith(`${refused} of ${COUNT} are refused.`)) throw new Error(said);
  return ms;
}

/** What WebCrypto needs to check the same: [index of the key, signed part, r and s] of each, base64. */
function jobs(pem) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const issuers = blocks.slice(1, 3).map(text => new X509Certificate(text));
  const keys = issuers.map(issuer => issuer.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
  const jobs = blocks.slice(3).map((text, index) => {
    const { signed, pair } = parts(Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64'));
    return [index % 2, signed.toString('base64'), pair(48).toString('base64')];
  });
  return { keys, jobs };
}
