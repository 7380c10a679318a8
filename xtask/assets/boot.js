// Starts the program. The browser checks the fingerprint of every part: the import map of index.html
// names that of each script, and `fetch` below that of the WebAssembly module.
//
// To the program this file is two events on `window`: `signet:update-ready` comes when a newer version
// lies ready (also `<html data-update="ready">`); `signet:update-apply`, sent by the program, puts it
// into use and reloads. And one function, `signetWorker`: the program a second time, in a worker.
const GLUE = '__GLUE__';
const GLUE_INTEGRITY = '__GLUE_INTEGRITY__';
const WASM = '__WASM__';
const WASM_INTEGRITY = '__WASM_INTEGRITY__';

async function start() {
  const glue = await import(GLUE);
  const module = fetch(new URL(WASM, import.meta.url), { integrity: WASM_INTEGRITY });
  await glue.default({ module_or_path: module });
}

// A worker has no import map, so its script is fetched here, where the fingerprint counts. A promise that
// is refused there is heard by nobody here: it is reported as the error that it is.
async function workerScript() {
  const script = await fetch(new URL(GLUE, import.meta.url), { integrity: GLUE_INTEGRITY });
  const text = `${await script.text()}
    addEventListener('messageerror', () => reportError(new Error('the program did not arrive')));
    addEventListener('message', ({ data }) => {
      __wbg_init({ module_or_path: data }).catch(reportError);
    }, { once: true });`;
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}

let script;

// Resolves to a Worker that starts `module`, which the program knows itself by.
window.signetWorker = async (module) => {
  script ??= workerScript().catch((error) => {
    script = undefined;
    throw error;
  });
  const worker = new Worker(await script, { type: 'module' });
  worker.postMessage(module);
  return worker;
};

// Keeps the page usable without its server, and every later version out until somebody accepts it.
async function keepOffline() {
  if (!('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    document.documentElement.dataset.update = 'ready';
    dispatchEvent(new CustomEvent('signet:update-ready'));
  };
  offer();
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => worker.state === 'installed' && offer());
  });
  addEventListener('signet:update-apply', () => {
    // Another tab may have put it into use already: then there is nothing to wait for.
    if (!registration.waiting) return location.reload();
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    registration.waiting.postMessage('apply');
  });
}

try {
  await start();
  document.getElementById('boot')?.remove();
} catch (error) {
  const detail = {
    what: 'The program could not be loaded, or is not the one that was published.',
    next: 'Check the connection to the server and reload. If this stays, do not use this page.',
    detail: String(error),
  };
  dispatchEvent(new CustomEvent('signet:stop', { detail }));
}
keepOffline().catch((error) => console.warn('no offline copy:', String(error)));
