// The page at a station that serves it over TLS: a secure context, nothing without a token, and a whole
// run through the relay.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ends, startLine } from './lib/line.mjs';

// Chromium notes every answer of 401 by itself.
const noted = problems => problems.filter(problem => !/Failed to load resource/.test(problem));

/** A certificate for this computer, and what Chromium knows it by. */
function certify(folder) {
  const [certificate, key] = ['page.pem', 'page.key'].map(name => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc',
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  const { publicKey } = new X509Certificate(fs.readFileSync(certificate));
  const spki = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  return { certificate, key, spki };
}

describe('over TLS', () => {
  let folder;
  let line;
  let page;
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-tls-'));
    const { certificate, key, spki } = certify(folder);
    line = await startLine({
      plugged: false,
      station: ['--page-certificate', certificate, '--page-key', key],
      args: [`--ignore-certificate-errors-spki-list=${spki}`],
    });
    ({ page } = line);
  });
  after(async () => {
    await line?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('the page is there, may use ports, and gets nothing before somebody signs in', async () => {
    assert.match(line.station.origin, /^https:\/\/localhost:\d+$/);
    await page.goto(`${line.station.origin}/`);
    await page.getByTestId('station-sign-in').filter({ hasText: 'sign in' }).waitFor();
    assert.equal(await page.evaluate(() => isSecureContext && 'serial' in navigator), true);
    const asked = await page.evaluate(() => Promise.all(['recipe.json', 'api/v1/status', 'api/v1/ledger', 'dps/x']
      .map(async path => {
        const answer = await fetch(path);
        await answer.text();
        return answer.status;
      })));
    assert.deepEqual(asked, [401, 401, 401, 401]);
    assert.equal(await page.getByText('Practice line').count(), 0);
  });

  test('with a token a board goes from plug-in to PASS, and the ledger says whose it was', async () => {
    const token = line.station.operator('ann', 'operator');
    await page.getByTestId('station-sign-in').click();
    await page.getByTestId('token-field').fill(token);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByTestId('station-sign-in').filter({ hasText: 'Station: ann' }).waitFor();
    await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    await page.locator('[data-testid=ledger-mark][data-state=taken]').waitFor();
    const entries = line.station.ledger();
    const kinds = entries.map(entry => entry.kind);
    assert.ok(kinds.indexOf('operator-added') < kinds.indexOf('issued'), kinds.join(' '));
    assert.equal(entries.find(entry => entry.kind === 'unit').facts.by, 'ann');
    assert.ok(!JSON.stringify(entries).includes(token.slice(4)));
    // After a reload the tab still has the token, and the recipe is there at once.
    await page.reload();
    await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
    assert.deepEqual(noted(line.browser.problems), []);
  });
});
