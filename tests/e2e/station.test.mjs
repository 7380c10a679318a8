// The page and the station that serves it: records reach the ledger, tokens stay where they belong,
// batches are counted, and the Station screen shows and does what its operator may.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { ends, replug, startLine, stored, verdict } from './lib/line.mjs';
import { looksFine } from './lib/look.mjs';
import { serve } from './lib/server.mjs';

const ID = 'sn-7cdfa1000001';

// Chromium notes every answer of 4xx, and every request that a test holds back, by itself.
const NOTED = /Failed to load resource|request: .*\/api\/v1\//;
const noted = problems => problems.filter(problem => !NOTED.test(problem));

/** The recipe is open, and the page has asked which ports there are. */
async function settled(page) {
  await page.getByTestId('recipe-name').filter({ hasText: 'Practice line' }).waitFor();
  await page.waitForTimeout(300);
}

/** Goes to a screen by the navigation, as people do. */
const go = (page, name) => page.getByRole('navigation').getByRole('link', { name }).click();

/** What the ledger was told of runs. */
const units = station => station.ledger().filter(entry => entry.kind === 'unit');

/** Waits until the ledger was told of so many runs. */
async function told(station, count, ms = 45_000) {
  for (const deadline = Date.now() + ms; ;) {
    const found = units(station);
    if (found.length >= count) return found;
    assert.ok(Date.now() < deadline, `${found.length} of ${count} runs are in the ledger`);
    await new Promise(resolve => setTimeout(resolve, 250));
  }
}

const mark = (page, state) => page.locator(`[data-testid=ledger-mark][data-state=${state}]`);

/** Signs in through the header's dialog. */
async function signIn(page, token) {
  await page.getByTestId('station-sign-in').click();
  await page.getByTestId('token-field').fill(token);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
}

async function signOut(page) {
  await page.getByTestId('station-sign-in').click();
  await page.getByTestId('sign-out').click();
  await page.getByTestId('station-sign-in').filter({ hasText: 'sign in' }).waitFor();
}

/** Presses what starts a download, and returns the file's path. */
async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return file.path();
}

describe('a static host', () => {
  for (const [name, pages] of [
    ['that answers 404', {}],
    ['that answers everything with its own page', { '/api/v1/status': '<!doctype html><p>Nothing here.' }],
  ]) {
    test(`${name} shows nothing of a station`, async () => {
      const server = await serve({ root: path.join(root, 'dist'), pages });
      const { page, problems, close } = await launch();
      try {
        await page.goto(`${server.origin}/#station`);
        await page.getByTestId('action-practice').waitFor();
        await page.waitForTimeout(1000);
        assert.deepEqual(await page.getByRole('navigation').getByRole('link').allInnerTexts(),
          ['Line', 'Bench', 'Records']);
        assert.equal(await page.getByTestId('station-sign-in').count(), 0);
        await page.getByTestId('action-practice').click();
        await ends(page, 'pass');
        await page.goto(`${server.origin}/#records`);
        await page.getByTestId('records-table').waitFor();
        assert.doesNotMatch(await page.locator('body').innerText(), /ledger/i);
        assert.equal(server.requests.filter(request => request.includes('/api/')).length, 1);
        assert.deepEqual(noted(problems), []);
      } finally {
        await close();
        server.close();
      }
    });
  }
});

describe('records and the ledger', () => {
  let line;
  let page;
  beforeEach(async () => {
    line = await startLine({ plugged: false });
    ({ page } = line);
    await page.goto(`${line.station.origin}/`);
    await settled(page);
  });
  afterEach(async () => line?.close());

  test('a run is in the ledger as soon as it has ended', async () => {
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    await mark(page, 'taken').waitFor();
    const [unit] = units(line.station);
    assert.equal(unit.subject, ID);
    assert.equal(unit.facts.record.outcome, 'pass');
    assert.equal(unit.facts.batch, null);
    assert.equal(await page.getByTestId('late').count(), 0);
    assert.deepEqual(line.browser.problems, []);
  });

  test('a record waits through silence and a reload, and is told when the station is back', async () => {
    await page.route('**/api/v1/runs', route => route.abort());
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    await page.getByTestId('late').filter({ hasText: '1 record not yet in the ledger' }).waitFor();
    await page.reload();
    await settled(page);
    await page.getByTestId('late').waitFor();
    assert.equal(await mark(page, 'waits').count(), 1);
    assert.equal(units(line.station).length, 0);
    await page.unroute('**/api/v1/runs');
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await mark(page, 'taken').waitFor();
    await page.getByTestId('late').waitFor({ state: 'detached' });
    assert.equal(units(line.station).length, 1);
    // Told once more after a reload it would change nothing; it is not even told.
    const asked = page.waitForRequest('**/api/v1/runs', { timeout: 3000 }).catch(() => null);
    await page.reload();
    assert.equal(await asked, null);
    assert.deepEqual(noted(line.browser.problems), []);
  });

  test('a record that is refused says why, and keeps no other from being told', async () => {
    const refusal = { code: 'api.private-key', message: 'There is a private key in the record.', next: 'Take it out.' };
    await page.route('**/api/v1/runs', route => route.fulfill({ status: 400, json: refusal }));
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    await mark(page, 'refused').waitFor();
    await page.unroute('**/api/v1/runs');
    await replug(line);
    await told(line.station, 1);
    await mark(page, 'taken').waitFor();
    await go(page, 'Records');
    await page.getByRole('row').filter({ hasText: 'Refused' }).getByRole('button').click();
    assert.match(await page.getByTestId('ledger-refused').innerText(), /There is a private key.*Take it out.*api\.private-key/s);
    await page.getByTestId('ledger-refused').getByRole('button', { name: 'Send it again' }).click();
    await told(line.station, 2);
    assert.deepEqual(noted(line.browser.problems), []);
  });

  test('a second tab leaves the run of the first alone, and knows all of it when it takes over', async () => {
    const context = page.context();
    await context.route('**/recipe.json', async route => {
      const response = await route.fetch();
      const registrationId = { from: 'list', template: 'sn-{serial}', serials: ['1', '2'] };
      await route.fulfill({ response, json: { ...await response.json(), registrationId } });
    });
    await page.reload();
    await settled(page);
    const left = page => page.getByTestId('counters').getByText(/Numbers left\s*\d/);
    await line.ports.plug('board', line.cable);
    await line.ports.unplugAfter('board', 2500);
    await line.ports.until({ event: 'unplugged' }, 60_000);
    await ends(page, 'action');

    const second = await context.newPage();
    await second.goto(`${line.station.origin}/`);
    await settled(second);
    const elsewhere = second.getByText('Signet is open in another tab of this browser.');
    await elsewhere.waitFor();
    await second.getByRole('navigation').getByRole('link', { name: 'Station' }).waitFor();
    await second.waitForTimeout(2000);
    assert.equal(await second.getByTestId('records-table').count(), 0);
    assert.deepEqual(units(line.station), []);

    await page.bringToFront();
    await line.ports.plug('board', line.cable);
    assert.equal(await verdict(page, ['pass', 'fail']), 'pass');
    await mark(page, 'taken').waitFor();
    assert.deepEqual(units(line.station).map(unit => unit.facts.record.outcome), ['pass']);
    assert.match(await left(second).innerText(), /2/);

    await page.close();
    await elsewhere.waitFor({ state: 'detached' });
    await left(second).filter({ hasText: '1' }).waitFor();
    await mark(second, 'taken').waitFor();
    // The board that the first tab has finished is still plugged in, and is nobody's to begin again.
    await second.waitForTimeout(1000);
    assert.equal(await second.getByTestId('board-card').getAttribute('data-verdict'), 'ready');
    assert.equal(units(line.station).length, 1);
    assert.deepEqual(noted(line.browser.problems), []);
  });
});

describe('operators', () => {
  let line;
  let page;
  let tokens;
  let said;
  before(async () => {
    line = await startLine({ plugged: false });
    ({ page } = line);
    tokens = {
      ann: line.station.operator('ann', 'supervisor'),
      bob: line.station.operator('bob', 'operator'),
    };
    said = [];
    page.on('console', message => said.push(message.text()));
    page.on('request', request => said.push(request.url()));
    await page.goto(`${line.station.origin}/`);
    await settled(page);
  });
  after(async () => line?.close());

  const fine = name => looksFine(page, name, { fullPage: true });

  /** Where a token must not be. */
  async function kept() {
    const local = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    const body = await page.content();
    return [JSON.stringify(await stored(page)), local, body, line.station.log, ...said].join('\n');
  }

  test('a wrong token opens nothing, and a board waits for a good one', async () => {
    await line.ports.plug('board', line.cable);
    await page.getByTestId('fault-code').filter({ hasText: 'line.signed-out' }).waitFor();
    await go(page, 'Station');
    await page.getByTestId('station-locked').waitFor();
    await fine('station-locked');
    await signIn(page, 'sgn_this-is-not-one');
    await page.getByTestId('token-refused').filter({ hasText: 'Nobody has this token.' }).waitFor();
    await fine('station-sign-in');
    await page.getByTestId('token-field').fill(tokens.bob);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByTestId('station-sign-in').filter({ hasText: 'Station: bob' }).waitFor();
    await go(page, 'Line');
    // The relay wanted the token, too, and the run's record says in the ledger who told of it.
    await ends(page, 'pass');
    const [unit] = await told(line.station, 1);
    assert.equal(unit.facts.by, 'bob');
  });

  test('an operator sees everything, and changes nothing', async () => {
    await go(page, 'Station');
    const facts = await page.getByTestId('station-facts').innerText();
    assert.match(facts, /bob, operator/);
    assert.match(facts, /keys are not encrypted/);
    assert.match(await page.getByTestId('ledger-head').innerText(), /^#\d+ · [0-9a-f]{12}…$/);
    assert.equal(await page.getByTestId('batch-opening').count(), 0);
    await page.getByTestId('device-search').fill('SN-7cdfa1');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByTestId('device-table').getByRole('button', { name: ID }).click();
    const detail = page.getByTestId('device-detail');
    await detail.getByText('Board passed').waitFor();
    await detail.getByText('is for supervisors.').waitFor();
    assert.equal(await page.getByTestId('revoke').count() + await page.getByTestId('disable').count(), 0);
    await fine('station-operator');
  });

  test('the station itself refuses an operator whose page would let him, in a plain sentence', async () => {
    await page.route('**/api/v1/status', async route => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, you: { ...json.you, role: 'supervisor' } } });
    });
    await page.reload();
    await settled(page);
    await page.getByTestId('device-table').getByRole('button', { name: ID }).click();
    await page.getByTestId('disable').click();
    await page.getByTestId('disable').filter({ hasText: 'Yes' }).click();
    await page.getByTestId('station-refused').filter({ hasText: 'bob is no supervisor, but operator.' }).waitFor();
    await page.getByTestId('revoke').click();
    await page.getByTestId('revoke').filter({ hasText: 'Yes' }).click();
    await page.getByTestId('station-refused').filter({ hasText: 'Ask a supervisor.' }).waitFor();
    await page.unroute('**/api/v1/status');
    assert.ok(!line.station.ledger().some(entry => ['revoked', 'device-disabled'].includes(entry.kind)));
  });

  test('signing out forgets the token, and it was nowhere else', async () => {
    assert.equal(await page.evaluate(() => sessionStorage.getItem('signet.token')), tokens.bob);
    await signOut(page);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('signet.token')), null);
    await page.getByTestId('station-locked').waitFor();
    const everything = await kept();
    for (const token of Object.values(tokens)) assert.ok(!everything.includes(token));
    await signIn(page, tokens.ann);
    await page.getByTestId('station-sign-in').filter({ hasText: 'Station: ann' }).waitFor();
  });

  test('a supervisor opens a batch, the line counts it, and its report is genuine', async () => {
    await go(page, 'Station');
    await page.getByText('Open a batch …').click();
    await page.getByTestId('batch-name').fill('lot-1');
    await page.getByTestId('batch-list').fill(`${ID.toUpperCase()}\nsn-2\n\nsn-2\n`);
    await page.getByTestId('batch-open').filter({ hasText: '2 units' }).click();
    await page.getByTestId('batch').filter({ hasText: 'lot-1' }).waitFor();
    assert.match(await page.getByTestId('batch-figures').innerText(), /2 expected · 0 done · 2 remaining/);
    await go(page, 'Line');
    await page.getByTestId('batch-choice').selectOption('lot-1');
    await page.getByTestId('batch-counts').waitFor();
    await replug(line);
    await ends(page, 'pass');
    assert.equal((await told(line.station, 2)).at(-1).facts.batch, 'lot-1');
    await page.getByTestId('batch-counts').filter({ hasText: /Expected\s*2\s*Remaining\s*1\s*Done\s*1\s*Failed\s*0/ }).waitFor();
    assert.equal(await page.getByTestId('surprise').count(), 0);
    await fine('line-batch');
    await page.reload();
    await settled(page);
    assert.equal(await page.getByTestId('batch-choice').inputValue(), 'lot-1');
    await go(page, 'Station');
    await page.getByTestId('batch-figures').filter({ hasText: '2 expected · 1 done · 1 remaining' }).waitFor();
    const report = await download(page, page.getByTestId('batch-report'));
    assert.match(line.station.verifyReport(report), /lot-1/);
    await fine('station-supervisor');
    await page.getByTestId('batch-close').click();
    await page.getByTestId('batch-close').filter({ hasText: 'Yes, close lot-1 for good' }).click();
    await page.getByTestId('batches-closed').waitFor();
    assert.equal(await page.getByTestId('batch').count(), 0);
  });

  test('a board that its batch does not expect is told, and passes all the same', async () => {
    await page.getByText('Open a batch …').click();
    await page.getByTestId('batch-name').fill('lot-2');
    await page.getByTestId('batch-list').fill('sn-7');
    await page.getByTestId('batch-open').click();
    await page.getByTestId('batch').filter({ hasText: 'lot-2' }).waitFor();
    await go(page, 'Line');
    await page.getByText('This batch is not open any more.').waitFor();
    await page.getByTestId('batch-choice').selectOption('lot-2');
    await page.getByTestId('batch-counts').waitFor();
    await replug(line);
    await page.getByTestId('surprise').filter({ hasText: `The batch lot-2 does not expect ${ID}.` }).waitFor();
    await ends(page, 'pass');
    await fine('line-surprise');
  });

  test('a record whose batch was closed meanwhile goes to the ledger without it', async () => {
    await page.route('**/api/v1/runs', route => route.abort());
    await replug(line);
    await ends(page, 'pass');
    await page.getByTestId('late').waitFor();
    const api = { origin: line.station.origin, 'x-signet-token': tokens.ann };
    const closed = await fetch(`${line.station.origin}/api/v1/batches/lot-2/close`, { method: 'POST', headers: api });
    assert.equal(closed.status, 200);
    await page.unroute('**/api/v1/runs');
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await mark(page, 'refused').waitFor();
    const before = units(line.station).length;
    await go(page, 'Records');
    await page.getByRole('row').filter({ hasText: 'Refused' }).getByRole('button').click();
    const refused = page.getByTestId('ledger-refused');
    await refused.filter({ hasText: 'The batch "lot-2" is closed.' }).waitFor();
    await fine('records-refused');
    await refused.getByRole('button', { name: 'Send it without the batch lot-2' }).click();
    assert.equal((await told(line.station, before + 1)).at(-1).facts.batch, null);
    await refused.waitFor({ state: 'detached' });
  });

  test('a label that the batch does not expect is told before its board is plugged in', async () => {
    await page.route('**/recipe.json', async route => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, registrationId: { from: 'scan', template: 'sn-{serial}' } } });
    });
    await line.ports.unplug('board');
    await go(page, 'Station');
    await page.getByText('Open a batch …').click();
    await page.getByTestId('batch-name').fill('lot-3');
    await page.getByTestId('batch-list').fill('sn-7');
    await page.getByTestId('batch-open').click();
    await page.getByTestId('batch').filter({ hasText: 'lot-3' }).waitFor();
    await go(page, 'Line');
    await page.reload();
    await settled(page);
    await page.getByTestId('batch-choice').selectOption('lot-3');
    await page.getByTestId('scan-field').fill('8');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByTestId('scan-surprise').filter({ hasText: 'The batch lot-3 does not expect sn-8.' }).waitFor();
    await fine('line-scan-surprise');
    await page.getByTestId('scan-field').fill('7');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByTestId('scanned').filter({ hasText: '7' }).waitFor();
    await page.getByTestId('scan-surprise').waitFor({ state: 'detached' });
    await page.unroute('**/recipe.json');
    await line.ports.plug('board', line.cable);
    await page.reload();
    await settled(page);
    await page.getByTestId('batch-choice').selectOption('');
  });

  test('a supervisor disables a device and revokes its certificate', async () => {
    await go(page, 'Station');
    await page.getByTestId('device-table').getByRole('button', { name: ID }).click();
    await page.getByTestId('disable').click();
    await page.getByTestId('disable').filter({ hasText: `Yes, ${ID} may register no more` }).click();
    await page.getByTestId('device-state').filter({ hasText: 'Disabled' }).waitFor();
    await page.getByTestId('revoke-reason').selectOption('superseded');
    await page.getByTestId('revoke').click();
    await page.getByTestId('revoke').filter({ hasText: 'Yes, revoke it for good: replaced by another one' }).click();
    await page.getByTestId('certificate-state').filter({ hasText: 'replaced by another one' }).waitFor();
    await fine('station-revoked');
    await page.getByTestId('enable').click();
    await page.getByTestId('device-state').filter({ hasText: 'Enabled' }).waitFor();
    const kinds = line.station.ledger().filter(entry => entry.facts.by === 'ann').map(entry => entry.kind);
    for (const kind of ['device-disabled', 'revoked', 'device-enabled']) assert.ok(kinds.includes(kind), kind);
    const ends = await page.getByTestId('station-ends').innerText();
    assert.match(ends, /revoked\s+1/);
    assert.equal(await page.getByTestId('revoke').count(), 0);
  });

  test('whom the station turned away is shown', async () => {
    const { idScope } = (await line.station.recipe()).endpoint;
    const answer = await fetch(`${line.station.origin}/dps/${idScope}/registrations/sn-9/register?api-version=2025-07-01-preview`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: line.station.origin, 'x-signet-token': tokens.ann },
      body: JSON.stringify({ registrationId: 'sn-9', csr: 'AAAA' }),
    });
    assert.equal(answer.status, 400);
    const row = page.getByTestId('station-refusals').getByRole('row').filter({ hasText: 'sn-9' });
    await row.waitFor();
    assert.match(await row.innerText(), /400040/);
  });

  test('of many devices ten are listed, and more when they are asked for', async () => {
    const { idScope } = (await line.station.recipe()).endpoint;
    const ids = Array.from({ length: 21 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    for (const registrationId of ids) {
      const answer = await fetch(`${line.station.origin}/dps/${idScope}/registrations/${registrationId}/register?api-version=2025-07-01-preview`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', origin: line.station.origin, 'x-signet-token': tokens.ann },
        body: JSON.stringify({ registrationId }),
      });
      assert.equal(answer.status, 202);
    }
    await page.getByTestId('device-search').fill('many-');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByTestId('device-search').fill('');
    await page.getByRole('button', { name: 'Find' }).click();
    const listed = page.getByTestId('device-table').getByRole('row');
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=device-table] tbody tr').length === 10);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=device-table] tbody tr').length === 20);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
    const shown = (await listed.allInnerTexts()).slice(1).map(text => text.split('\t')[0].trim());
    assert.equal(new Set(shown).size, shown.length);
    for (const id of [...ids, ID]) assert.ok(shown.includes(id), id);
  });

  test('a disk that is almost full is told before nothing can be issued any more', async () => {
    await page.route('**/api/v1/status', async route => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, freeBytes: 900_000_000 } });
    });
    await page.getByText("The station's disk is almost full.").waitFor();
    assert.match(await page.getByTestId('station-facts').innerText(), /900 MB/);
    await fine('station-full');
    await page.unroute('**/api/v1/status');
    await page.getByText("The station's disk is almost full.").waitFor({ state: 'detached' });
  });

  test('authorities and ledger are taken away as files', async () => {
    const pem = fs.readFileSync(await download(page, page.getByTestId('save-authorities')), 'utf8');
    assert.ok(pem.includes(fs.readFileSync(line.station.root, 'utf8').trim().split('\n')[1]));
    const lines = fs.readFileSync(await download(page, page.getByTestId('save-ledger-jsonl')), 'utf8');
    assert.equal(lines.trim().split('\n').length, line.station.ledger().length);
    const csv = fs.readFileSync(await download(page, page.getByTestId('save-ledger-csv')), 'utf8');
    assert.ok(csv.startsWith('seq,at,kind,'));
  });

  test('a token that was taken back signs its owner out', async () => {
    line.station.command('operator', 'remove', 'ann');
    await page.getByTestId('station-locked').waitFor();
    await page.getByTestId('station-sign-in').click();
    await page.getByTestId('token-refused').filter({ hasText: 'Nobody has this token.' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('signet.token')), null);
    assert.deepEqual(noted(line.browser.problems), []);
  });
});
