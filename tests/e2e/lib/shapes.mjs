// A P-384 private key in every shape in which memory, a text or an address might hold it, and where it is found.
import { createHash } from 'node:crypto';
import { parts } from './der.mjs';

/** The group order n, SP 800-186 section 3.2.1.4. */
const ORDER = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

const BYTES = 48;

/** A remnant may be as short as one limb: each is looked for by itself. By chance none is met in 2^64 bytes. */
const LIMB = 8;

/** Nine bytes as base64, six as hex: short enough to lie within a line of PEM. */
const LETTERS = 12;

/**
 * What to look for in memory: [{ name, bytes }], `secrets` being { name: 48 bytes, big endian }. The name says
 * which secret and which shape; shapes are cut into pieces, because half a key is found, too.
 */
export const inMemory = secrets => Object.entries(secrets).flatMap(([name, bytes]) => [
  ...limbs(name, bytes),
  // What RustCrypto computes with: times 2^384 modulo n, one multiplication away from the key.
  ...limbs(`${name}, Montgomery form`, fixed(number(bytes) * (1n << 384n) % ORDER)),
  ...inText({ [name]: bytes }).map(({ name, text }) => ({ name, bytes: Buffer.from(text, 'latin1') })),
]);

/** What to look for in texts: [{ name, text }], of `secrets` as above. */
export const inText = secrets => Object.entries(secrets).flatMap(([name, bytes]) => [
  ...pieces(`${name}, hex`, bytes.toString('hex')),
  ...pieces(`${name}, upper-case hex`, bytes.toString('hex').toUpperCase()),
  ...pieces(`${name}, decimal`, number(bytes).toString()),
  ...[0, 1, 2].flatMap(before => base64(name, bytes, before)),
]);

/** The nonce of a request's signature and its inverse: with the signature each of them gives the key away. */
export function nonces(csr, scalar) {
  const { signed, pair } = parts(csr);
  const [r, s] = [pair(BYTES).subarray(0, BYTES), pair(BYTES).subarray(BYTES)].map(number);
  const hash = number(createHash('sha384').update(signed).digest());
  const nonce = inverse(s) * (hash + r * number(scalar)) % ORDER;
  return { nonce: fixed(nonce), 'inverse of the nonce': fixed(inverse(nonce)) };
}

/** The names of the shapes that are in `bytes`. */
export const foundIn = (bytes, shapes) => names(shapes.filter(shape => bytes.includes(shape.bytes)));

/** The names of the shapes that are in `text`, also where an address has escaped it. */
export const foundInText = (text, shapes) => names(shapes.filter(shape => text.includes(shape.text)
  || text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))).includes(shape.text)));

const names = shapes => [...new Set(shapes.map(({ name }) => name))];

const number = bytes => BigInt(`0x${bytes.toString('hex')}`);

const fixed = number => Buffer.from(number.toString(16).padStart(2 * BYTES, '0'), 'hex');

/** By Fermat, n being prime. */
function inverse(number) {
  let result = 1n;
  for (let base = number % ORDER, left = ORDER - 2n; left > 0n; left >>= 1n, base = base * base % ORDER) {
    if (left & 1n) result = result * base % ORDER;
  }
  return result;
}

function limbs(name, bytes) {
  const turned = size => Buffer.concat(Array.from({ length: BYTES / size }, (_, i) =>
    Buffer.from(bytes.subarray(i * size, (i + 1) * size)).reverse()));
  const orders = {
    'big endian': bytes,
    // Limbs of any size, the lowest first; and those of 64 bits in either order, a piece being one of them.
    'little endian': turned(BYTES),
    '32-bit limbs, highest first': turned(4),
  };
  return Object.entries(orders).flatMap(([order, bytes]) => Array.from({ length: BYTES / LIMB }, (_, i) =>
    ({ name: `${name}, ${order}`, bytes: bytes.subarray(i * LIMB, (i + 1) * LIMB) })));
}

/** Its base64 where `before` bytes of others come first, without the digits that depend on neighbours. */
function base64(name, bytes, before) {
  const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const inner = digits.slice(Math.ceil(before * 8 / 6), Math.floor((before + BYTES) * 8 / 6));
  const url = inner.replaceAll('+', '-').replaceAll('/', '_');
  return [...pieces(`${name}, base64`, inner), ...(url === inner ? [] : pieces(`${name}, base64url`, url))];
}

const pieces = (name, text) => Array.from({ length: Math.floor(text.length / LETTERS) }, (_, i) =>
  ({ name, text: text.slice(i * LETTERS, (i + 1) * LETTERS) }));
