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
