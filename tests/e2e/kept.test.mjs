// What the page keeps from one visit to the next: records and their times, and whose recipe is meant.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ends, startLine, stored } from './lib/line.mjs';

/** The recipe is open, and the page has asked which ports there are. */
async function settled(page, name = 'Practice line') {
  await page.getByTestId('recipe-name').filter({ hasText: name }).waitFor();
  await page.waitForTimeout(300);
}

const go = (page, name) => page.getByRole('navigation').getByRole('link', { name }).click();

/** The records in the browser's store. */
const records = async page => (await stored(page))['signet/records'].map(text => JSON.parse(text));

describe('what is kept', () => {
  let line;
  let page;
  beforeEach(async () => {
    line = await startLine({ plugged: false });
    ({ page } = line);
  });
  afterEach(async () => line?.close());

  const visit = () => page.goto(`${line.station.origin}/`);

  test('a record shows the time that clocks here showed on its day; exported, it has that of everywhere', async () => {
    const zone = await page.context().newCDPSession(page);
    await zone.send('Emulation.setTimezoneOverride', { timezoneId: 'Europe/Berlin' });
    await visit();
    await settled(page);
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    const [record] = await records(page);
    const days = { winter: '2026-01-15T12:00:00Z', summer: '2026-07-15T12:00:00Z' };
    const made = Object.entries(days).map(([run, day]) => ({ ...record, run, finished: Date.parse(day) / 1000 }));
    await page.evaluate(made => new Promise(resolve => {
      const open = indexedDB.open('signet');
      open.onsuccess = () => {
        const change = open.result.transaction('records', 'readwrite');
        for (const record of made) change.objectStore('records').put(JSON.stringify(record), record.run);
        change.oncomplete = () => { open.result.close(); resolve(); };
      };
    }), made);
    await page.reload();
    await settled(page);
    await go(page, 'Records');
    const table = page.getByTestId('records-table');
    for (const here of ['2026-01-15 13:00', '2026-07-15 14:00']) await table.getByText(here).first().waitFor();
    await table.getByRole('row').filter({ hasText: '2026-07-15' }).getByRole('button').first().click();
    assert.match(await page.getByTestId('record-detail').innerText(), /2026-07-15 14:00/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('export-csv').click()]);
    const text = fs.readFileSync(await file.path(), 'utf8');
    for (const day of Object.values(days)) assert.ok(text.includes(day), `${day} is not in ${text}`);
  });

  test('a file from before does not come back in place of the recipe of the station', async () => {
    const recipe = await line.station.recipe();
    const away = () => page.route('**/recipe.json', route => route.fulfill({ status: 404, body: '' }));
    await away();
    await visit();
    const buffer = Buffer.from(JSON.stringify({ ...recipe, name: 'From a file' }));
    await page.getByTestId('recipe-file').setInputFiles({ name: 'recipe.json', mimeType: 'application/json', buffer });
    await settled(page, 'From a file');
    // Without a station the file is the line's.
    await page.reload();
    await settled(page, 'From a file');
    await page.unroute('**/recipe.json');
    await page.reload();
    await settled(page);
    await away();
    await page.reload();
    const open = page.getByTestId('recipe-name').filter({ hasText: /No recipe open|From a file/ });
    assert.equal(await open.innerText(), 'No recipe open');
  });

  test('records that cannot be read are told of, and not overwritten; no number is given out meanwhile', async () => {
    await page.context().route('**/recipe.json', async route => {
      const response = await route.fetch();
      const registrationId = { from: 'list', template: 'sn-{serial}', serials: ['1', '2'] };
      await route.fulfill({ response, json: { ...await response.json(), registrationId } });
    });
    await visit();
    await settled(page);
    await line.ports.plug('board', line.cable);
    await ends(page, 'pass');
    const before = await records(page);
    assert.deepEqual(before.map(record => record.registrationId), ['sn-1']);
    await line.ports.unplug('board');

    await page.addInitScript(() => {
      const all = IDBObjectStore.prototype.getAll;
      IDBObjectStore.prototype.getAll = function (...args) {
        if (this.name === 'records' && localStorage.damaged) throw new DOMException('The disk is broken', 'UnknownError');
        return all.apply(this, args);
      };
    });
    await page.evaluate(() => { localStorage.damaged = 'yes'; });
    await page.reload();
    await settled(page);
    await page.getByTestId('notice').filter({ hasText: 'line.records-unread' }).waitFor();
    await line.ports.plug('board', line.cable);
    await page.getByTestId('fault-code').filter({ hasText: 'line.records-unread' }).waitFor();
    assert.equal(line.station.certificates(), 1);

    await page.evaluate(() => localStorage.clear());
    assert.deepEqual(await records(page), before);
    await page.reload();
    await settled(page);
    assert.equal(await page.getByTestId('notice').count(), 0);
    await page.getByTestId('action-connect').click();
    await ends(page, 'pass');
    const after = await records(page);
    assert.equal(after.length, 2);
    assert.deepEqual(after.find(record => record.run === before[0].run), before[0]);
  });
});
