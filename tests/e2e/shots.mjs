// The pictures of docs/images, from real runs: the built page, a station, a genuine ESP32-C3 boot ROM.
// `./dev shots` runs it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DESK } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { ends, startLine } from './lib/line.mjs';
import { python } from './lib/peers.mjs';

const folder = path.join(root, 'docs/images');
const line = await startLine({ plugged: false });
const { page } = line;

/** A device of its own that registers through the relay, without a board. */
async function register(id, token) {
  const { idScope } = (await line.station.recipe()).endpoint;
  const csr = execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384',
    '-nodes', '-keyout', '/dev/null', '-subj', `/CN=${id}`, '-outform', 'DER'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const headers = { 'content-type': 'application/json', origin: line.station.origin, 'x-signet-token': token };
  const ask = async (what, options) => {
    const url = `${line.station.origin}/dps/${idScope}/registrations/${id}/${what}?api-version=2025-07-01-preview`;
    return (await fetch(url, { headers, ...options })).json();
  };
  const body = JSON.stringify({ registrationId: id, csr: csr.toString('base64') });
  let answer = await ask('register', { method: 'PUT', body });
  while (answer.status === 'assigning') answer = await ask(`operations/${answer.operationId}`);
}

/** The Station screen of a supervisor, with a batch that is under way. */
async function station() {
  const token = line.station.operator('ann', 'supervisor');
  const order = async (what, body) => {
    const headers = { origin: line.station.origin, 'x-signet-token': token };
    if (body) headers['content-type'] = 'application/json';
    const answer = await fetch(`${line.station.origin}/api/v1/${what}`, {
      method: 'POST', headers, body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  };
  const ids = Array.from({ length: 24 }, (_, index) => `sn-7cdfa10000${(index + 1).toString(16).padStart(2, '0')}`);
  for (const id of ids.slice(1, 9)) await register(id, token);
  await order('batches', { name: 'lot-2026-48', expected: ids });
  for (const [index, id] of ids.slice(1, 9).entries()) {
    const outcome = index === 5 ? 'fail' : 'pass';
    const record = {
      version: 1, run: `shot-${index}`, outcome, recipe: 'Practice line', recipeSha256: '', operator: 'Shift 2',
      registrationId: id, issuance: 'issued', chain: [], started: 1, finished: 2, timings: [],
    };
    await order('runs', { record, batch: 'lot-2026-48' });
  }
  await order(`devices/${ids[4]}/disable`);
  await page.goto(`${line.station.origin}/#station`);
  await page.reload();
  await page.getByTestId('station-sign-in').click();
  await page.getByTestId('token-field').fill(token);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await page.getByTestId('batch').waitFor();
  await page.mouse.move(0, 0);
}

/** One picture, in one scheme: the README shows each on a ground of its own. */
async function picture(name, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
  console.log(`docs/images/${name}.png`);
}

try {
  await page.setViewportSize(DESK);
  await page.goto(`${line.station.origin}/`);
  await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
  await page.waitForTimeout(300);
  await page.getByPlaceholder('Name or badge').fill('Shift 2');
  await page.getByPlaceholder('Name or badge').blur();
  await line.ports.plug('board', line.cable);
  await ends(page, 'pass');
  await picture('line-light', 'light');
  await picture('line-dark', 'dark');
  await page.goto(`${line.station.origin}/#records`);
  await page.getByTestId('records-table').getByRole('button').first().click();
  await picture('records', 'light');
  await station();
  await picture('station', 'dark');
  const chains = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-shots-'));
  execFileSync(python(), [path.join(root, 'tests/e2e/lib/chains.py'), chains]);
  const open = async name => {
    if (await page.getByTestId('bench-clear').count()) await page.getByTestId('bench-clear').click();
    await page.getByTestId('bench-file').setInputFiles(path.join(chains, name));
    await page.getByTestId('headline').waitFor();
    await page.waitForTimeout(500);
  };
  await page.goto(`${line.station.origin}/#bench`);
  await open('cross.pem');
  await picture('bench', 'light');
  await open('missing.pem');
  await picture('bench-missing', 'dark');
  await page.getByRole('tab', { name: 'Bytes' }).click();
  await page.getByTestId('tree').getByText('serialNumber').click();
  await picture('bench-bytes', 'light');
  execFileSync(python(), [path.join(root, 'tests/e2e/lib/fleet.py'), chains, '400']);
  await open('fleet.pem');
  await page.getByTestId('fleet-open').click();
  await page.getByTestId('fleet-device').click();
  await page.getByTestId('fleet-start').click();
  await page.getByTestId('fleet-headline').waitFor();
  await picture('fleet', 'light');
  fs.rmSync(chains, { recursive: true });
} finally {
  await line.close();
}
