// The page's WebAssembly memory, kept within reach and searched.

/** A block of the partition; the talk before it is shorter. */
const BLOCK = 500;

/** Keeps the memory of each module that `context`'s pages start, and what getRandomValues makes keys of. */
export const keepMemory = context => context.addInitScript(BLOCK => {
  const kept = { memories: [], random: [], moments: {} };
  globalThis.testMemory = kept;
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const genuine = WebAssembly[name];
    WebAssembly[name] = async (...words) => {
      const made = await genuine.apply(WebAssembly, words);
      kept.memories.push((made.instance ?? made).exports.memory);
      return made;
    };
  }
  const random = Crypto.prototype.getRandomValues;
  Crypto.prototype.getRandomValues = function (array) {
    random.call(this, array);
    // P-384 keys are 48 random bytes as they are.
    if (array.byteLength === 48) kept.random.push(Array.from(new Uint8Array(array.buffer, array.byteOffset, 48)));
    return array;
  };
  const copy = moment => kept.moments[moment] ??= kept.memories.map(({ buffer }) => buffer.slice(0));
  const ask = globalThis.fetch;
  globalThis.fetch = function (url, options) {
    if (options?.method === 'PUT') copy('asked');
    return ask.call(this, url, options);
  };
  const write = WritableStreamDefaultWriter.prototype.write;
  WritableStreamDefaultWriter.prototype.write = function (chunk) {
    if (chunk.byteLength >= BLOCK) copy('written');
    return write.call(this, chunk);
  };
}, BLOCK);

/** What the browser made of 48 random bytes so far: Buffers. */
export const random = async page => (await page.evaluate(() => testMemory.random)).map(bytes => Buffer.from(bytes));

/** The names of those `shapes` that are not found in a copy of the memory into which all of them are put. */
export async function missedWhenPlanted(page, shapes) {
  const gap = Buffer.alloc(1);
  const { found, planted } = await search(page, shapes, 'now', Buffer.concat(shapes.flatMap(({ bytes }) => [gap, bytes])));
  let at = planted;
  return shapes.filter(({ name, bytes }) => {
    const here = at + 1;
    at = here + bytes.length;
    return !found[name]?.includes(here);
  }).map(({ name }) => name);
}

/**
 * Where `shapes` (lib/shapes.mjs) are in the page's memory: { bytes, found: { name: [address, …] }, planted }. `when` is
 * 'now', or how it was then: 'asked', as DPS was asked for the first time, or 'written', as the first block of
 * a partition went to the board. `plant` puts
 * bytes into a copy of the memory first, at the address `planted`.
 */
export const search = (page, shapes, when = 'now', plant) => page.evaluate(({ shapes, when, plant }) => {
  const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  // By the first four bytes, so that one pass is enough for all of them.
  const byStart = new Map();
  for (const { name, base64 } of shapes) {
    const bytes = bytesOf(base64);
    const start = new DataView(bytes.buffer).getUint32(0, true);
    byStart.set(start, [...byStart.get(start) ?? [], { name, bytes }]);
  }
  const buffers = testMemory.moments[when] ?? testMemory.memories.map(({ buffer }) => buffer);
  const found = {};
  let sum = 0;
  let planted;
  for (const buffer of buffers) {
    const memory = plant ? new Uint8Array(buffer.slice(0)) : new Uint8Array(buffer);
    planted = memory.length >> 1;
    if (plant) memory.set(bytesOf(plant), planted);
    sum += memory.length;
    let start = 0;
    for (let i = 0; i < memory.length; i++) {
      start = (start >>> 8 | memory[i] << 24) >>> 0;
      for (const { name, bytes } of byStart.get(start) ?? []) {
        if (bytes.every((byte, k) => memory[i - 3 + k] === byte)) (found[name] ??= []).push(i - 3);
      }
    }
  }
  return { bytes: sum, found, planted };
}, {
  shapes: shapes.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
  when,
  plant: plant?.toString('base64'),
});
