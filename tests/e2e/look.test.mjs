// Every screen in the states that people meet, without a station: axe-core finds nothing, and the
// pictures in tests/out/shots show what a person would see.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { ends } from './lib/line.mjs';
import { looksFine } from './lib/look.mjs';
import { serve } from './lib/server.mjs';

const corpus = name => path.join(root, 'core/tests/corpus', name);

describe('a static host and nothing else', () => {
  let server;
  let browser;
  let page;
  before(async () => {
    server = await serve({ root: path.join(root, 'dist') });
    browser = await launch();
    ({ page } = browser);
    await page.goto(`${server.origin}/`);
    await page.getByTestId('action-practice').waitFor();
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  const fine = name => looksFine(page, name);

  test('the first visit says what to press', async () => {
    assert.match(await page.getByRole('main').innerText(), /Try a practice board/);
    await fine('first');
  });

  test('a practice board passes with no station and no recipe, and leaves a record', async () => {
    await page.getByTestId('action-practice').click();
    await ends(page, 'pass');
    await fine('practice-pass');
    await page.goto(`${server.origin}/#records`);
    await page.getByTestId('records-table').getByRole('button').first().click();
    const detail = await page.getByTestId('record-detail').innerText();
    for (const fact of ['Serial number', 'SHA-1 thumbprint', 'Valid to', 'Written, SHA-256', 'Read back, MD5']) {
      assert.ok(detail.includes(fact), `${fact} is not in\n${detail}`);
    }
    await fine('records');
    // The page asked for its own files, for a recipe and once for a station, and for nothing else.
    const asked = server.requests.filter(request => !/^GET \/([\w.-]*)$/.test(request));
    assert.deepEqual(asked, ['GET /api/v1/status']);
  });

  for (const [agreed, count] of [[true, 0], [false, 1]]) {
    test(`a browser that ${agreed ? 'keeps' : 'may delete'} what is stored is ${agreed ? 'not ' : ''}said to be`, async () => {
      const other = await page.context().newPage();
      await other.addInitScript(agreed => {
        StorageManager.prototype.persist = async () => { globalThis.asked = true; return agreed; };
      }, agreed);
      await other.goto(`${server.origin}/#records`);
      await other.waitForFunction(() => globalThis.asked);
      await other.waitForTimeout(500);
      assert.equal(await other.getByTestId('evictable').count(), count);
      await other.close();
    });
  }

  test('a wrong recipe names the field, and the right one replaces it', async () => {
    await page.goto(`${server.origin}/#line`);
    await page.reload();
    const file = page.getByTestId('recipe-file');
    await file.setInputFiles(corpus('recipe/serial-twice.json'));
    const said = await page.getByTestId('recipe-error').innerText();
    assert.match(said, /registrationId\.serials\[1\]/);
    assert.match(said, /recipe\.field/);
    await fine('recipe-refused');
    await file.setInputFiles(corpus('recipe/truncated.json'));
    await page.getByTestId('recipe-error').filter({ hasText: 'recipe.not-json' }).waitFor();
    await file.setInputFiles(corpus('recipe/good-list-nvs.json'));
    await page.getByTestId('recipe-name').filter({ hasText: 'Pump controller' }).waitFor();
    await fine('recipe-open');
  });

  test('a recipe that is opened while the server is still asked for one stays', async () => {
    let answer;
    const asked = new Promise(resolve => { answer = resolve; });
    await page.route('**/recipe.json', async route => {
      await asked;
      await route.fulfill({ status: 404 });
    });
    await page.reload();
    await page.getByTestId('recipe-file').setInputFiles(corpus('recipe/serial-twice.json'));
    await page.getByTestId('recipe-error').waitFor();
    const refused = page.waitForResponse('**/recipe.json');
    answer();
    await refused;
    await page.waitForTimeout(300);
    assert.match(await page.getByTestId('recipe-error').innerText(), /recipe\.field/);
    await page.unroute('**/recipe.json');
  });

  test('the bench explains a certificate, and says what is wrong with what is none', async () => {
    await page.goto(`${server.origin}/#bench`);
    await page.getByTestId('bench-empty').waitFor();
    await fine('bench-empty');
    await page.getByTestId('bench-file').setInputFiles(corpus('cert/rich.der'));
    await page.getByRole('tab', { name: 'Contents' }).click();
    await page.getByTestId('certificate').waitFor();
    await fine('bench-certificate');
    await page.getByTestId('bench-file').setInputFiles(corpus('recipe/good-relay.json'));
    await page.getByTestId('bench-error').waitFor();
    await fine('bench-refused');
  });

  test('the browser had nothing to complain about', () => {
    // A host without a recipe answers 404 to the page's question for one; Chromium notes that itself.
    const expected = /Failed to load resource: .* 404/;
    assert.deepEqual(browser.problems.filter(problem => !expected.test(problem)), []);
  });
});
