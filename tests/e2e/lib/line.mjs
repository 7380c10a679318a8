// A whole line on one desk: the built page, a station, a genuine boot ROM on a simulated USB port,
// and a real Chromium.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { launch } from './browser.mjs';
import { build, root } from './build.mjs';
import { python } from './peers.mjs';
import { Ports } from './ports.mjs';
import { romBoard, romMissing } from './rom-board.mjs';

/** Offset and size of the credential partition in the table of tests/rom. */
export const PARTITION = { offset: 0xd000, size: 0x2000 };

/** The station program with its own fresh state, serving dist/. */
export async function startStation({ data, faults = true, options = [] } = {}) {
  const dist = path.join(root, 'dist');
  assert.ok(fs.existsSync(path.join(dist, 'index.html')), 'there is no dist/: run ./dev build first');
  const { station: program } = await build('signet-station');
  const folder = data ?? fs.mkdtempSync(path.join(os.tmpdir(), 'signet-station-'));
  const args = ['serve', '--page', dist, '--data', folder, '--page-port', '0', '--device-port', '0',
    '--mqtt-port', '0', '--retry-after', '1', '--polls-per-10s', '0', ...faults ? ['--test-faults'] : [], ...options];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', text => { log += text; });
  const first = await new Promise((resolve, reject) => {
    readline.createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`the station did not start: exit ${code}\n${log}`)));
  });
  const url = first.match(/https?:\S+/)[0];
  return {
    origin: url.replace(/\/$/, ''),
    data: folder,
    /** The namespace's root, PEM. */
    root: path.join(folder, 'ca', 'root.pem'),
    /** What the program said when it was ready. */
    said: first,
    get log() { return log; },
    /** How many certificates have been issued, by a ledger that is sound. */
    certificates: () => Number(execFileSync(program, ['verify-ledger', '--data', folder], { encoding: 'utf8' })
      .match(/certificates=(\d+)/)[1]),
    /** Runs the program about this station's folder, such as `command('operator', 'list')`. */
    command: (...words) => execFileSync(program, [...words, '--data', folder], { encoding: 'utf8' }),
    /** Makes an operator and returns the token. */
    operator: (name, role) => execFileSync(program, ['operator', 'add', name, '--role', role, '--data', folder],
      { encoding: 'utf8' }).trim(),
    /** The ledger's entries, their facts read. */
    ledger: () => execFileSync(program, ['export-ledger', '--data', folder, '--format', 'jsonl'], { encoding: 'utf8' })
      .split('\n').filter(Boolean).map(line => JSON.parse(line))
      .map(entry => ({ ...entry, facts: JSON.parse(entry.facts) })),
    /** Checks a signed report; what the program says of one that is genuine. */
    verifyReport: file => execFileSync(program, ['verify-report', file, '--root', path.join(folder, 'ca', 'root.pem')],
      { encoding: 'utf8' }),
    recipe: async () => (await fetch(`${url}recipe.json`)).json(),
    /** Orders a fault, see station/src/faults.rs. */
    fault: async order => {
      const headers = { 'content-type': 'application/json', origin: url.replace(/\/$/, '') };
      const answer = await fetch(`${url}test/faults`, { method: 'POST', headers, body: JSON.stringify(order) });
      assert.ok(answer.ok, `the fault was refused: ${answer.status} ${await answer.text()}`);
    },
    stop: async ({ keep = false } = {}) => {
      const gone = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGINT');
      await gone;
      if (!keep) fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Everything together. `board` are options of `python -m rom`; `plugged: false` leaves the cable out; `args`
 * are Chromium's; `at` is a station that runs already.
 */
export async function startLine({ board: options, plugged = true, station: stationOptions, args, at } = {}) {
  const missing = romMissing();
  assert.equal(missing, null, missing ?? '');
  const station = at ?? await startStation({ options: stationOptions });
  const board = await romBoard(options ? { options } : {});
  const ports = await Ports.start({ origins: [station.origin] });
  const cable = { kind: 'cp2102', ...board.endpoints };
  if (plugged) await ports.plug('board', cable);
  const browser = await launch({ ports, args });
  return {
    station, board, ports, browser, cable,
    page: browser.page,
    close: async () => {
      await browser.close();
      await ports.stop();
      board.close();
      await station.stop();
    },
  };
}

/** Waits until the first board's card shows one of `verdicts`, and returns it. */
export async function verdict(page, verdicts, ms = 60_000) {
  const wanted = [verdicts].flat();
  const selector = wanted.map(word => `[data-testid=board-card][data-verdict=${word}]`).join(',');
  try {
    await page.locator(selector).first().waitFor({ timeout: ms });
  } catch {
    const text = await page.locator('body').innerText().catch(() => '(no page)');
    throw new Error(`the card never came to ${wanted}; the page says:\n${text}`);
  }
  return page.getByTestId('board-card').first().getAttribute('data-verdict');
}

/** The first board's run ends, or stops for a person, as `expected`; else the card's own words tell why. */
export async function ends(page, expected) {
  const found = await verdict(page, ['pass', 'fail', 'action']);
  if (found !== expected) {
    const text = await page.getByTestId('board-card').first().innerText();
    assert.fail(`expected ${expected}, found ${found}:\n${text}`);
  }
}

/** The first board's cable is pulled and put in again, after its run has ended: returns when the next run has begun. */
export async function replug({ page, ports, cable }) {
  await ports.unplug('board');
  await page.getByRole('button', { name: 'Start the next board' }).waitFor({ state: 'detached' });
  const begun = page.locator('[data-testid=board-card][data-verdict=running]').first().waitFor();
  await ports.plug('board', cable);
  await begun;
}

/** What the page keeps in IndexedDB, as plain objects of all stores. */
export const stored = page => page.evaluate(async () => {
  const all = {};
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve, reject) => {
      const open = indexedDB.open(name);
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    for (const store of db.objectStoreNames) {
      const request = db.transaction(store).objectStore(store).getAll();
      all[`${name}/${store}`] = await new Promise(resolve => { request.onsuccess = () => resolve(request.result); });
    }
    db.close();
  }
  return all;
});

const run = promisify(execFile);

/** Reads the credential partition out of the genuine ROM with esptool, into `folder`. */
export async function readByEsptool(board, folder) {
  await board.command('reset');
  const file = path.join(folder, 'partition.bin');
  await run(python(), ['-m', 'esptool', '--chip', 'esp32c3', '--port', `socket://${board.endpoints.board}`,
    '--before', 'no-reset', '--after', 'no-reset', '--no-stub', 'read-flash',
    String(PARTITION.offset), String(PARTITION.size), file]);
  return file;
}

/** Lets esp-secure-cert-tool take the image apart; returns { key, chain, roots } as PEM files. */
export async function parseByEspressif(image, folder) {
  const script = path.join(root, 'tests/e2e/lib/secure_cert.py');
  await run(python(), [script, image, folder]);
  return { key: path.join(folder, 'key.pem'), chain: path.join(folder, 'chain.pem'), roots: path.join(folder, 'roots.pem') };
}

export const openssl = async (...args) => (await run('openssl', args)).stdout;
