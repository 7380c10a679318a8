// A station whose page asks a DPS elsewhere, here another station: a whole run through both, what its ledger
// and its screen say of it, and a device that may register no more.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ends, replug, startLine, startStation } from './lib/line.mjs';
import { audit, shoot } from './lib/look.mjs';

const ID = 'sn-7cdfa1000001';

// Chromium notes every answer of 4xx by itself.
const noted = problems => problems.filter(problem => !/Failed to load resource/.test(problem));

/** A file for a relay to that station, with the key of its group. */
async function relayFile(dps) {
  const [group] = JSON.parse(fs.readFileSync(path.join(dps.data, 'enrollments.json')));
  const at = name => path.join(dps.data, name);
  fs.writeFileSync(at('line.b64'), group.proof.primaryKey, { mode: 0o600 });
  const recipe = await dps.recipe();
  fs.writeFileSync(at('recipe.json'), JSON.stringify(recipe));
  const [port] = dps.said.match(/(?<=https:\/\/localhost:)\d+/);
  fs.writeFileSync(at('relay.toml'), `upstream = ["https://localhost:${port}"]
id-scopes = ["${recipe.endpoint.idScope}"]
roots = "tls/root.pem"
recipe = "recipe.json"
[credential]
kind = "group-key"
key-file = "line.b64"
`);
  return at('relay.toml');
}

describe('a station before a DPS elsewhere', () => {
  let dps;
  let line;
  let page;
  let token;
  before(async () => {
    dps = await startStation();
    const at = await startStation({ faults: false, options: ['--relay', await relayFile(dps)] });
    line = await startLine({ at, plugged: false });
    ({ page } = line);
    await page.goto(`${line.station.origin}/`);
    await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
    await page.waitForTimeout(300);
    token = line.station.operator('sue', 'supervisor');
    await page.reload();
    await page.getByTestId('station-sign-in').click();
    await page.getByTestId('token-field').fill(token);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  /** What a supervisor may do, as the screen does it. */
  async function order(word) {
    const headers = { origin: line.station.origin, 'x-signet-token': token };
    const answer = await fetch(`${line.station.origin}/api/v1/devices/${ID}/${word}`, { method: 'POST', headers });
    assert.equal(answer.status, 200);
  }

  after(async () => {
    await line?.close();
    await dps?.stop();
  });

  test('a device that a supervisor has disabled goes no further than this station', async () => {
    await order('disable');
    const before = dps.ledger().length;
    await line.ports.plug('board', line.cable);
    await ends(page, 'fail');
    const card = await page.getByTestId('board-card').first().innerText();
    assert.match(card, /A supervisor of this line has disabled sn-7cdfa1000001.*relay\.device-disabled/s);
    assert.equal(dps.ledger().length, before);
    const refused = line.station.ledger().filter(entry => entry.kind === 'refused');
    assert.deepEqual(refused.map(entry => entry.facts.code), ['relay.device-disabled']);
    assert.deepEqual(noted(line.browser.problems), []);
  });

  test('a board goes from plug-in to PASS, and both ledgers know its certificate', async () => {
    await order('enable');
    await replug(line);
    await ends(page, 'pass');
    await page.getByRole('row', { name: 'PASS' }).locator('[data-state=taken]').waitFor();
    const entries = line.station.ledger();
    const kinds = entries.map(entry => entry.kind);
    assert.deepEqual(kinds.slice(-5), ['device-enabled', 'asked', 'registered', 'issued', 'unit']);
    const [, asked, , issued, unit] = entries.slice(-5);
    assert.equal(asked.facts.by, 'sue');
    assert.equal(unit.facts.record.leaf.serial, issued.facts.serial);
    const there = dps.ledger().find(entry => entry.kind === 'issued');
    assert.equal(there.facts.sha256, issued.facts.sha256);
    assert.deepEqual([line.station.certificates(), dps.certificates()], [1, 1]);
  });

  test('the screen says where the certificates come from, and offers no revocation of them', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Station' }).click();
    await page.getByTestId('station-facts').filter({ hasText: /nothing itself: relays to localhost:\d+/ }).waitFor();
    await page.getByTestId('service').filter({ hasText: /^answers$/ }).waitFor();
    await page.getByTestId('device-table').getByRole('button', { name: ID }).click();
    const detail = page.getByTestId('device-detail');
    await detail.filter({ hasText: /Certificate [0-9A-F]{32} issued by CN=/ }).waitFor();
    await detail.filter({ hasText: /Asked https:\/\/localhost:\d+/ }).waitFor();
    await page.getByTestId('disable').waitFor();
    assert.equal(await page.getByTestId('revoke').count(), 0);
    assert.equal(await page.getByTestId('save-authorities').innerText(), 'Root of its reports (PEM)');
    await shoot(page, 'station-relay', { fullPage: true });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await audit(page), [], colorScheme);
    }
    await page.emulateMedia({ colorScheme: null });
  });
});
