// Chromium's own navigator.serial over simulated ports: proof that the ground of all other
// end-to-end tests holds. The page is bare; nothing of the product is in it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { choose, launch } from './lib/browser.mjs';
import { echoBoard } from './lib/echo-board.mjs';
import { skip } from './lib/peers.mjs';
import { Ports } from './lib/ports.mjs';
import { romBoard, romMissing } from './lib/rom-board.mjs';
import { serve } from './lib/server.mjs';

const PAGE = '<!doctype html><html lang="en"><title>Serial</title><link rel="icon" href="data:,"><button>Go</button>';

// Asks for a port without anybody having clicked.
const EAGER = `${PAGE}<script>navigator.serial.requestPort().catch(error => { globalThis.outcome = error.name; })</script>`;

let server, ports, browser, page, board;

before(async () => {
  server = await serve({ pages: { '/': PAGE, '/eager': EAGER } });
  ports = await Ports.start({ origins: [server.origin] });
  browser = await launch({ ports });
  page = browser.page;
});

beforeEach(async () => {
  board?.close();
  board = await echoBoard();
  await page.goto(server.origin);
  await page.evaluate(helpers);
  ports.skip();
});

after(async () => {
  await browser?.close();
  await ports?.stop();
  board?.close();
  server?.close();
});

/** Plugs a port in for one test; the page has noticed when this returns. */
async function plugged(t, name, options) {
  const node = await ports.plug(name, { ...board.endpoints, ...options });
  t.after(() => ports.unplug(name).catch(() => {}));
  await page.waitForFunction(() => events.includes('connect'));
  await page.evaluate(() => { events.length = 0; });
  return node;
}

/** Runs in the page: what the tests below use there. */
async function helpers() {
  globalThis.events = [];
  for (const kind of ['connect', 'disconnect']) {
    navigator.serial.addEventListener(kind, () => events.push(kind));
  }
  // In this Chromium, no event comes to any page before some page has asked for the ports once.
  await navigator.serial.getPorts();
  globalThis.first = async () => (await navigator.serial.getPorts())[0];
  globalThis.failure = promise => promise.then(() => 'no failure', error => error.name);
  globalThis.write = async (port, bytes) => {
    const writer = port.writable.getWriter();
    try {
      for (let at = 0; at < bytes.length; at += 16_384) await writer.write(bytes.subarray(at, at + 16_384));
    } finally {
      writer.releaseLock();
    }
  };
  globalThis.read = async (port, length) => {
    const reader = port.readable.getReader();
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const { value } = await reader.read();
      bytes.set(value, at);
      at += value.length;
    }
    reader.releaseLock();
    return bytes;
  };
}

test('ports appear with their USB identity', async t => {
  assert.equal(await plugged(t, 'bridge', { kind: 'cp2102', serial: '0001' }), '/dev/ttyUSB0');
  const identity = await page.evaluate(async () => (await first()).getInfo());
  assert.deepEqual(identity, { usbVendorId: 0x10c4, usbProductId: 0xea60 });
  assert.equal(await plugged(t, 'native', { kind: 'usb-jtag' }), '/dev/ttyACM0');
  const vendors = await page.evaluate(async () => (await navigator.serial.getPorts()).map(p => p.getInfo().usbVendorId));
  assert.deepEqual(new Set(vendors), new Set([0x10c4, 0x303a]));
});

test('opening sets speed and format, raises both lines; closing drops them', async t => {
  await plugged(t, 'a');
  const settings = [
    { baudRate: 115_200 },
    { baudRate: 921_600 },
    { baudRate: 1_500_000 },
    { baudRate: 74_880 }, // no constant of its own in Linux
    { baudRate: 9_600, dataBits: 7, parity: 'even', stopBits: 2 },
  ];
  for (const options of settings) {
    await page.evaluate(async options => {
      const port = await first();
      await port.open(options);
      await port.close();
    }, options);
    const { baudRate, dataBits = 8, parity = 'none', stopBits = 1 } = options;
    await ports.until({ event: 'opened' });
    await ports.until({ event: 'lines', dtr: true, rts: true });
    await ports.until({ event: 'settings', baud: baudRate, data_bits: dataBits, parity, stop_bits: stopBits });
    await ports.until({ event: 'lines', dtr: false, rts: false });
    await ports.until({ event: 'closed' });
  }
  assert.deepEqual(board.lines, settings.flatMap(() => ['lines 1 1', 'lines 0 0']));
});

test('the board sees each change of a line, in order', async t => {
  await plugged(t, 'a');
  const inputs = await page.evaluate(async () => {
    const port = await first();
    await port.open({ baudRate: 115_200 });
    await port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await port.setSignals({ dataTerminalReady: true, requestToSend: false });
    await port.setSignals({ dataTerminalReady: false });
    await port.setSignals({ break: true });
    await port.setSignals({ break: false });
    const inputs = await port.getSignals();
    await port.setSignals({ requestToSend: true });
    await port.close();
    return inputs;
  });
  assert.deepEqual([inputs.clearToSend, inputs.dataSetReady], [true, true]);
  await ports.until({ event: 'break', on: true });
  await ports.until({ event: 'break', on: false });
  await ports.until({ event: 'closed' });
  // Chromium sets before it clears, so exchanging two lines passes through both being asserted.
  const seen = ['1 1', '0 1', '1 1', '1 0', '0 0', '0 1', '0 0'].map(pair => `lines ${pair}`);
  assert.deepEqual(board.lines, seen);
});

test('1 MiB of all byte values comes back whole', async t => {
  await plugged(t, 'a');
  const { differing, ms } = await page.evaluate(async () => {
    const port = await first();
    await port.open({ baudRate: 921_600, bufferSize: 65_536 });
    const sent = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7 + (i >> 8));
    const start = performance.now();
    const [got] = await Promise.all([read(port, sent.length), write(port, sent)]);
    const ms = Math.round(performance.now() - start);
    await port.close();
    return { differing: got.filter((byte, i) => byte !== sent[i]).length, ms };
  });
  assert.equal(differing, 0);
  const { to_board, to_host } = await ports.until({ event: 'closed' });
  assert.deepEqual([to_board, to_host, board.received], [1 << 20, 1 << 20, 1 << 20]);
  t.diagnostic(`${ms} ms`);
});

test('pulling the plug fails a pending read, and the port comes back', async t => {
  await plugged(t, 'a');
  await page.evaluate(async () => {
    globalThis.port = await first();
    await port.open({ baudRate: 115_200 });
    globalThis.reader = port.readable.getReader();
    globalThis.pending = failure(reader.read());
  });
  await ports.unplug('a');
  assert.equal(await page.evaluate(() => pending), 'NetworkError');
  await page.waitForFunction(() => events.includes('disconnect'));
  assert.equal(await page.evaluate(async () => (await navigator.serial.getPorts()).length), 0);
  await page.evaluate(async () => {
    reader.releaseLock();
    await port.close().catch(() => {});
  });
  await ports.plug('a', board.endpoints);
  await page.waitForFunction(() => events.includes('connect'));
  assert.deepEqual(await page.evaluate(() => events), ['disconnect', 'connect']);
  const echo = await page.evaluate(async () => {
    const port = await first();
    await port.open({ baudRate: 115_200 });
    await write(port, new TextEncoder().encode('again'));
    const bytes = await read(port, 5);
    await port.close();
    return new TextDecoder().decode(bytes);
  });
  assert.equal(echo, 'again');
  assert.equal(board.connections, 2);
});

test('the plug can be pulled after an exact number of bytes', async t => {
  await plugged(t, 'a');
  await ports.unplugAfter('a', 10_000);
  const failed = await page.evaluate(async () => {
    globalThis.port = await first();
    await port.open({ baudRate: 115_200 });
    const reading = failure(read(port, 100_000));
    const writing = failure(write(port, new Uint8Array(100_000)));
    return Promise.all([reading, writing]);
  });
  assert.deepEqual(failed, ['NetworkError', 'NetworkError']);
  const { to_board } = await ports.until({ event: 'unplugged' });
  assert.deepEqual([to_board, board.received], [10_000, 10_000]);
});

test('a port in use, or forbidden, cannot be opened', async t => {
  await plugged(t, 'a');
  const open = () => page.evaluate(async () => {
    const port = await first();
    return failure(port.open({ baudRate: 115_200 }).then(() => port.close()));
  });
  for (const why of ['busy', 'denied']) {
    await ports.refuse('a', why);
    assert.equal(await open(), 'NetworkError');
  }
  await ports.refuse('a', null);
  assert.equal(await open(), 'no failure');
});

test('two ports run side by side, and losing one leaves the other', async t => {
  await plugged(t, 'a');
  const other = await echoBoard();
  t.after(() => other.close());
  await plugged(t, 'b', { kind: 'ch340', ...other.endpoints });
  await page.evaluate(async () => {
    const ports = await navigator.serial.getPorts();
    globalThis.a = ports.find(port => port.getInfo().usbVendorId === 0x10c4);
    globalThis.b = ports.find(port => port.getInfo().usbVendorId === 0x1a86);
    await Promise.all([a.open({ baudRate: 115_200 }), b.open({ baudRate: 115_200 })]);
    await Promise.all([write(a, new Uint8Array(1000)), write(b, new Uint8Array(2000))]);
    await Promise.all([read(a, 1000), read(b, 2000)]);
  });
  assert.deepEqual([board.received, other.received], [1000, 2000]);
  await ports.unplug('a');
  await page.waitForFunction(() => events.includes('disconnect'));
  const echo = await page.evaluate(async () => {
    await write(b, new Uint8Array([1, 2, 3]));
    const bytes = [...await read(b, 3)];
    await b.close();
    return bytes;
  });
  assert.deepEqual(echo, [1, 2, 3]);
});

test('the stand-in for the chooser keeps its rules', async t => {
  await plugged(t, 'a');
  const ask = filters => page.evaluate(filters => {
    const ask = () => navigator.serial.requestPort({ filters }).then(port => port.getInfo().usbVendorId, e => e.name);
    return new Promise(resolve => {
      document.querySelector('button').onclick = () => resolve(ask());
    });
  }, filters);
  const press = async filters => {
    const asked = ask(filters);
    await page.click('button');
    return asked;
  };
  assert.equal(await press([{ usbVendorId: 0x10c4 }]), 0x10c4);
  assert.equal(await press([{ usbVendorId: 0x1234 }]), 'NotFoundError');
  await choose(page, null);
  assert.equal(await press([]), 'NotFoundError');
  await page.goto(`${server.origin}/eager`);
  await page.waitForFunction(() => globalThis.outcome);
  assert.equal(await page.evaluate(() => outcome), 'SecurityError');
});

test('a board that hangs up leaves the port in place', async t => {
  await plugged(t, 'a');
  board.close();
  await ports.until({ event: 'board-gone' });
  assert.equal(await page.evaluate(async () => failure((await first()).open({ baudRate: 115_200 }))), 'NetworkError');
  assert.equal(await page.evaluate(async () => (await navigator.serial.getPorts()).length), 1);
});

test('Chromium resets a real ROM into its loader, and it answers', async t => {
  const missing = romMissing();
  if (missing) return skip(t, missing);
  const rom = await romBoard();
  t.after(() => rom.close());
  await plugged(t, 'c3', rom.endpoints);
  const answer = await page.evaluate(async () => {
    const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
    const port = await first();
    await port.open({ baudRate: 115_200 });
    await port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await pause(100);
    await port.setSignals({ dataTerminalReady: true, requestToSend: false });
    await pause(50);
    await port.setSignals({ dataTerminalReady: false });
    let text = '';
    const reader = port.readable.getReader();
    while (!text.includes('wait uart0 download')) text += new TextDecoder().decode((await reader.read()).value);
    // SYNC: 07 07 12 20 and 32 times 55, in a SLIP frame (Espressif, "Serial Protocol").
    const sync = [0xc0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20, ...Array(32).fill(0x55), 0xc0];
    await write(port, Uint8Array.from(sync));
    const bytes = [];
    while (bytes.indexOf(0xc0) < 0 || bytes.length < bytes.indexOf(0xc0) + 3) bytes.push(...(await reader.read()).value);
    reader.releaseLock();
    await port.close();
    return bytes.slice(bytes.indexOf(0xc0), bytes.indexOf(0xc0) + 3);
  });
  assert.deepEqual(answer, [0xc0, 1, 8]); // a frame begins: a response, to SYNC
  await rom.mode('download');
});

test('nothing went wrong in the page', () => assert.deepEqual(browser.problems, []));
