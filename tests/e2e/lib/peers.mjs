// Programs of others, installed in tests/node.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../node/package.json', import.meta.url));

export const { chromium } = require('playwright-core');

/** Puts a script and the packages that it imports into one file. */
export const bundle = options => require('esbuild').buildSync({
  nodePaths: [new URL('../../node/node_modules', import.meta.url).pathname],
  bundle: true,
  format: 'esm',
  minify: true,
  ...options,
});

/** The source of axe-core, to be evaluated in a page. */
export const axeSource = () => fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium, not its start script; SIGNET_CHROMIUM names another one. */
export const chromiumPath = () => {
  const places = [process.env.SIGNET_CHROMIUM, '/usr/lib/chromium/chromium', '/usr/bin/chromium'];
  const found = places.find(place => place && fs.existsSync(place));
  if (!found) throw new Error('no Chromium: install the package chromium, or set SIGNET_CHROMIUM');
  return found;
};

const cache = process.env.SIGNET_CACHE ?? `${process.env.XDG_CACHE_HOME ?? `${process.env.HOME}/.cache`}/signet`;

/** A Python with the packages of tests/python, or null. */
export const python = () => {
  const places = [process.env.SIGNET_PYTHON, `${cache}/venv/bin/python`];
  return places.find(place => place && fs.existsSync(place)) ?? null;
};

/** The ESP32-C3's mask ROM, which the native tests fetch into the cache; or null. */
export const romElf = () => {
  const folder = `${cache}/rom`;
  const crates = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const file = 'vendor/espflash/resources/roms/esp32c3_rev300_rom.elf';
  const places = [process.env.SIGNET_ROM_ELF, ...crates.map(crate => `${folder}/${crate}/${file}`)];
  return places.find(place => place && fs.existsSync(place)) ?? null;
};

/** Skips a test whose judge is missing, aloud; with SIGNET_REQUIRE_PEERS=1 it fails instead. */
export function skip(t, reason) {
  if (process.env.SIGNET_REQUIRE_PEERS === '1') throw new Error(reason);
  console.error(`skipped: ${reason}`);
  t.skip(reason);
}
