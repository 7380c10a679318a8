// An ESP32-C3's own mask ROM on a desk: tests/rom, as a board for a simulated port.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { root } from './build.mjs';
import { python, romElf } from './peers.mjs';

/** Why there can be no such board on this machine, or null. */
export const romMissing = () => {
  if (!python()) return 'no Python with unicorn: ./dev setup makes one';
  if (!romElf()) return 'no ROM: cargo test -p signet-interop fetches it';
  return null;
};

/**
 * Starts a chip with erased flash except for a partition table, running its application. `options`
 * are those of `python -m rom`; the content of `flash`, if given, is what the flash holds at first.
 *
 * Returns { endpoints, command, mode, flash, close }: `command` gives one on the control wire (see
 * tests/rom/README.md) and returns the answer; `mode` waits until the chip is in `download`, `run` or
 * `held`, since a reset takes its time; `flash` reads the whole flash.
 */
export async function romBoard({ options = ['--run'], flash } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-rom-'));
  const file = path.join(folder, 'flash.bin');
  if (flash) fs.writeFileSync(file, flash);
  const [serial, control] = await freePorts(2);
  const args = ['-m', 'rom', '--port', serial, '--control', control, '--flash', file, '--elf', romElf(), ...options];
  const child = spawn(python(), args.map(String), {
    cwd: path.join(root, 'tests'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const first = await new Promise((resolve, reject) => {
    readline.createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`the ROM did not start: exit ${code}`)));
  });
  if (!first.startsWith('READY')) throw new Error(`the ROM did not start: ${first}`);
  return {
    endpoints: { board: `127.0.0.1:${serial}`, control: `127.0.0.1:${control}` },
    command: words => ask(control, words),
    mode: async (wanted, ms = 5_000) => {
      const deadline = Date.now() + ms;
      for (;;) {
        const state = await ask(control, 'state');
        if (state.startsWith(`ok ${wanted} `)) return;
        if (Date.now() > deadline) throw new Error(`the chip is not in ${wanted}, but: ${state}`);
        await new Promise(resolve => setTimeout(resolve, 10));
      }
    },
    flash: () => fs.readFileSync(file),
    close: () => {
      child.kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that nobody listens on at the moment. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer());
  await Promise.all(servers.map(server => new Promise(resolve => server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map(server => server.address().port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}

async function ask(port, words) {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${words}\n`);
  try {
    for await (const answer of readline.createInterface({ input: socket })) return answer;
    throw new Error(`${words}: no answer`);
  } finally {
    socket.destroy();
  }
}
