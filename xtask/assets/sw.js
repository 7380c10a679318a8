// Keeps one published version of the page, whole and unchanged.
//
// Every file is pinned by its fingerprint: a version in which one byte differs from this list is not
// installed, and the one before stays in use. Of the page's own files none ever comes from the
// network unchecked. A newer version waits until the page says `apply`.
const VERSION = '__VERSION__';
const FILES = __FILES__; // [address, integrity]; './' is index.html

const SCOPE = registration.scope;
const PREFIX = `signet ${SCOPE} `; // other copies may live under other paths of this host
const CACHE = PREFIX + VERSION;
const PINNED = new Map(FILES.map(([address, integrity]) => [new URL(address, SCOPE).href, integrity]));
// What a browser would run or show. None of it comes from outside the list.
const PARTS = ['audioworklet', 'embed', 'font', 'frame', 'iframe', 'image', 'manifest', 'object',
  'paintworklet', 'script', 'sharedworker', 'style', 'worker', 'xslt'];

const pinned = (address) =>
  new Request(address, { integrity: PINNED.get(address), cache: 'no-cache' });

async function install() {
  const cache = await caches.open(CACHE);
  try {
    await cache.addAll([...PINNED.keys()].map(pinned));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function forgetOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function serve(address) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address)) ?? fetch(pinned(address)); // evicted: the same bytes or none
}

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
addEventListener('message', (event) => {
  if (event.data === 'apply') skipWaiting();
});
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return; // to a relay on this origin
  const { origin, pathname } = new URL(request.url);
  const address = origin + pathname === `${SCOPE}index.html` ? SCOPE : origin + pathname;
  if (PINNED.has(address)) {
    event.respondWith(serve(address));
  } else if (PARTS.includes(request.destination)) {
    event.respondWith(Response.error());
  }
});
