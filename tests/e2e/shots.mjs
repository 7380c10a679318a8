// The pictures of docs/images, from real runs: the built page, a station, a genuine ESP32-C3 boot ROM.
// `./dev shots` runs it.
import path from 'node:path';
import { DESK } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { ends, startLine } from './lib/line.mjs';

const folder = path.join(root, 'docs/images');
const line = await startLine({ plugged: false });
const { page } = line;

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
  await page.goto(`${line.station.origin}/#bench`);
  await page.getByTestId('bench-file').setInputFiles(line.station.root);
  await page.getByTestId('certificate').first().waitFor();
  await picture('bench', 'light');
} finally {
  await line.close();
}
