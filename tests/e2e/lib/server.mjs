// A static web server for one test.
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves the folder `root` and the `pages` { '/path': html } at a free port of 127.0.0.1, with
 * `headers` on every answer. Returns { origin, requests, close }; `requests` lists "METHOD /path".
 */
export async function serve({ root, pages = {}, headers = {} }) {
  const requests = [];
  const answer = async pathname => {
    if (pathname in pages) return ['.html', pages[pathname]];
    const file = path.join(root ?? '/nonexistent', path.normalize(pathname));
    const index = pathname.endsWith('/') ? path.join(file, 'index.html') : file;
    return [path.extname(index), await fs.readFile(index)];
  };
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    requests.push(`${request.method} ${pathname}`);
    try {
      const [extension, body] = await answer(decodeURIComponent(pathname));
      const type = TYPES[extension] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, close };
}
