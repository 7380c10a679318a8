// Simulated USB serial ports, for a browser or any program started in `env`.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { build } from './build.mjs';

const REFUSALS = { busy: os.constants.errno.EBUSY, denied: os.constants.errno.EACCES };

let programs;

export class Ports {
  /** Every event so far: {at, event, port, …}; see tests/sim-port/src/report.rs. */
  events = [];
  /** What a program needs in its environment to see the ports. */
  env = {};
  #child;
  #dir;
  #id = 0;
  #read = 0;
  #wake = new Set();

  /** `origins`: exact origins, such as http://127.0.0.1:8123, that may use all ports unasked. */
  static async start({ origins = [] } = {}) {
    programs ??= build('signet-shim', 'signet-sim-port');
    const made = await programs;
    const ports = new Ports();
    ports.#dir = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-ports-'));
    const args = ['--dir', ports.#dir, ...origins.flatMap(origin => ['--origin', origin])];
    ports.#child = spawn(made['signet-sim-port'], args, { stdio: ['pipe', 'pipe', 'inherit'] });
    readline.createInterface({ input: ports.#child.stdout }).on('line', line => {
      ports.events.push(JSON.parse(line));
      for (const wake of ports.#wake) wake();
    });
    ports.env = { LD_PRELOAD: made.signet_shim, SIGNET_SHIM_DIR: ports.#dir };
    await ports.until({ event: 'ready' });
    return ports;
  }

  /**
   * Plugs a port in and returns its device node. `kind` is one of tests/sim-port/src/kinds.rs; `board`
   * and `control` are host:port; `node` (such as ttyUSB3) and `serial` may be left out; `refuse`, if
   * given, holds from the first moment, see `refuse()`.
   */
  async plug(name, { kind = 'cp2102', board, control, node, serial, refuse }) {
    const from = this.events.length;
    const errno = refuse && REFUSALS[refuse];
    await this.#order({ do: 'plug', name, kind, board, control, node, serial, errno });
    return this.events.slice(from).find(e => e.event === 'plugged' && e.port === name).node;
  }

  /** Pulls a port out, whether it is open or not. */
  unplug = name => this.#order({ do: 'unplug', name });

  /** Pulls a port out by itself as soon as `bytes` more have gone to the board. */
  unplugAfter = (name, bytes) => this.#order({ do: 'unplug-after', name, bytes });

  /** From now on, opening fails: 'busy' (another program has it), 'denied' (no permission); null ends it. */
  refuse = (name, why) => this.#order({ do: 'refuse', name, errno: why && REFUSALS[why] });

  /**
   * The next event that has all properties of `like`. Events are read once and in order: those before
   * the one returned count as read, so that a test tells the order in which things must happen.
   */
  async until(like, ms = 60_000) {
    const matches = event => Object.entries(like).every(([key, value]) => event[key] === value);
    const deadline = Date.now() + ms;
    for (;;) {
      const index = this.events.findIndex((event, i) => i >= this.#read && matches(event));
      if (index >= 0) {
        this.#read = index + 1;
        return this.events[index];
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        const seen = this.events.slice(this.#read).map(event => JSON.stringify(event)).join('\n  ');
        throw new Error(`no event ${JSON.stringify(like)} in ${ms} ms, but\n  ${seen}`);
      }
      await this.#news(left);
    }
  }

  /** Counts all events so far as read. */
  skip() {
    this.#read = this.events.length;
  }

  async stop() {
    const ended = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    await ended;
    fs.rmSync(this.#dir, { recursive: true, force: true });
  }

  async #order(order) {
    const id = ++this.#id;
    const from = this.events.length;
    this.#child.stdin.write(`${JSON.stringify({ id, ...order })}\n`);
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await this.#news(1_000)) {
      const answer = this.events.slice(from).find(event => event.id === id);
      if (answer?.event === 'done') return;
      if (answer) throw new Error(`${order.do} ${order.name}: ${answer.reason}`);
    }
    throw new Error(`${order.do} ${order.name}: no answer`);
  }

  #news(ms) {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        this.#wake.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake.add(done);
    });
  }
}
