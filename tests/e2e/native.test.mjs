// Programs of others as judges of the simulated ports: what pyserial takes for a serial port is one.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { echoBoard } from './lib/echo-board.mjs';
import { python, skip } from './lib/peers.mjs';
import { Ports } from './lib/ports.mjs';
import { romBoard, romMissing } from './lib/rom-board.mjs';

const script = name => fileURLToPath(new URL(`native/${name}`, import.meta.url));

test('pyserial takes a simulated port for a real one', async t => {
  if (!python()) return skip(t, 'no Python with pyserial: ./dev setup makes one');
  const ports = await Ports.start();
  t.after(() => ports.stop());
  const board = await echoBoard();
  t.after(() => board.close());
  const node = await ports.plug('a', board.endpoints);
  const child = spawn(python(), [script('pyserial_port.py'), node], {
    env: { ...process.env, ...ports.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'ready');
  await ports.until({ event: 'settings', baud: 115_200, parity: 'none' });
  await ports.until({ event: 'lines', dtr: false, rts: true });
  await ports.until({ event: 'settings', baud: 115_200, parity: 'even' });
  await ports.until({ event: 'settings', baud: 74_880, parity: 'none' });
  await ports.until({ event: 'break', on: true });
  await ports.until({ event: 'break', on: false });
  await ports.until({ event: 'closed', to_board: 102_400, to_host: 102_400 });
  await ports.unplug('a');
  child.stdin.end('\n');
  const seen = JSON.parse((await lines.next()).value);
  assert.deepEqual(seen, {
    inputs: [true, true, false, false],
    echo: true,
    second: os.constants.errno.EBUSY,
    unplugged: 'SerialException',
  });
  assert.deepEqual(board.lines.slice(0, 4), ['lines 1 1', 'lines 0 1', 'lines 0 0', 'lines 0 1']);
});

test('esptool resets a real ROM into its loader through a simulated port, writes and reads back', async t => {
  const missing = romMissing();
  if (missing) return skip(t, missing);
  const ports = await Ports.start();
  t.after(() => ports.stop());
  const board = await romBoard();
  t.after(() => board.close());
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-esptool-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const node = await ports.plug('c3', { kind: 'cp2102', ...board.endpoints });
  await board.mode('run');
  const esptool = async (...words) => {
    const args = ['-m', 'esptool', '--chip', 'esp32c3', '--port', node, '--no-stub', ...words];
    const run = promisify(execFile)(python(), args, { env: { ...process.env, ...ports.env } });
    const { stdout } = await run.catch(error => assert.fail(`${error.message}\n${error.stdout}`));
    return stdout;
  };
  const data = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) ^ (i >> 8)));
  const file = path.join(folder, 'data.bin');
  fs.writeFileSync(file, data);
  const told = await esptool('--after', 'no-reset', 'write-flash', '0x10000', file);
  assert.match(told, /ESP32-C3/);
  assert.match(told, /Hash of data verified/);
  await board.mode('download');
  assert.deepEqual(board.flash().subarray(0x10000, 0x11000), data);
  await esptool('--after', 'hard-reset', 'read-mac');
  await ports.until({ event: 'closed' });
  await ports.until({ event: 'closed' });
  await board.mode('run');
});
