// A static web server with no opinion, for tests of what is published: dist/ under a sub-path.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../node/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const DIST = new URL('../../../dist/', import.meta.url);
const PATH = '/some/where/';
const KINDS = {
  css: 'text/css',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
};

/** The published files by name. */
export const dist = () =>
  new Map(readdirSync(DIST).map((name) => [name, readFileSync(new URL(name, DIST))]));

export const integrity = (bytes) =>
  `sha384-${createHash('sha384').update(bytes).digest('base64')}`;

/** The one name that begins and ends so. */
export function named(files, start, end) {
  const names = [...files.keys()].filter((name) => name.startsWith(start) && name.endsWith(end));
  if (names.length !== 1) throw new Error(`${names.length} files are called ${start}…${end}`);
  return names[0];
}

/** The same file with its last letter (or byte) changed, still well formed enough to be tempting. */
export function tampered(name, bytes) {
  if (name.endsWith('.wasm')) return Buffer.concat([bytes, Buffer.from([0, 2, 1, 0x78])]); // a custom section
  return Buffer.concat([bytes, Buffer.from(name.endsWith('.css') ? '\n/**/' : '\n;window.tampered = 1;')]);
}

/** Serves `files`, which may be replaced while it runs. */
export async function serve(files) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    const name = pathname === PATH ? 'index.html' : pathname.slice(PATH.length);
    const bytes = pathname.startsWith(PATH) && host.files.get(name);
    if (!bytes) return response.writeHead(404).end();
    const kind = KINDS[name.split('.').pop()] ?? 'text/plain';
    response.writeHead(200, { 'Content-Type': kind, 'Cache-Control': 'no-cache' }).end(bytes);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const host = {
    files,
    url: `http://127.0.0.1:${server.address().port}${PATH}`,
    stop: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
  return host;
}

export const browser = () =>
  chromium.launch({
    executablePath: process.env.SIGNET_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage'],
  });

/** Resolves to 'runs' or to the text of the layer that says stop. */
export async function verdict(page) {
  const handle = await page.waitForFunction(
    () => {
      const stop = document.getElementById('boot-stop');
      if (stop && !stop.hidden) return stop.innerText;
      return document.getElementById('boot') === null && document.body.children.length > 1 && 'runs';
    },
    null,
    { timeout: 90_000 }, // a shared machine may stand still for long
  );
  return handle.jsonValue();
}
