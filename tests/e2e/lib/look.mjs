// How a page looks, and who can use it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { DESK, TABLET } from './browser.mjs';
import { root } from './build.mjs';
import { axeSource } from './peers.mjs';

/**
 * Takes screenshots of `page` in light and dark, on a desk and on a tablet, into `folder` (by default
 * tests/out/shots). Returns their paths. The page is left as it was found.
 */
export async function shoot(page, name, { folder = path.join(root, 'tests/out/shots'), fullPage = false } = {}) {
  fs.mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  const shots = [];
  for (const colorScheme of ['light', 'dark']) {
    for (const [place, viewport] of Object.entries({ desk: DESK, tablet: TABLET })) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      const file = path.join(folder, `${name}-${place}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage, animations: 'disabled' });
      shots.push(file);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
  return shots;
}

/**
 * Asks axe-core. Returns its findings as lines "rule (impact): selector: what is wrong", none if all
 * is well. Evaluated through the debugger, so it runs under any Content Security Policy.
 */
export async function audit(page, options = {}) {
  await page.evaluate(axeSource());
  const { violations } = await page.evaluate(options => axe.run(document, options), options);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(
    node => `${id} (${impact}): ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim()}`,
  ));
}

/** Nothing to be found by axe-core, in light and in dark; and pictures of it, with the options of `shoot`. */
export async function looksFine(page, name, options = {}) {
  await shoot(page, name, options);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await audit(page), [], `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null });
}
