// The first script of the page, in a dialect that every browser reads. It does one thing: when the
// program cannot be loaded, or stops, it shows the plain layer of index.html that says so.
//
// Others raise it with `dispatchEvent(new CustomEvent('signet:stop', {detail: {what, next, detail}}))`.
(function () {
  'use strict';
  var shown = false;

  function write(id, text) {
    var element = document.getElementById(id);
    if (element) element.textContent = text || '';
  }

  function stop(what, next, detail) {
    if (shown) return;
    if (!document.body || !document.getElementById('boot-stop')) {
      document.addEventListener('DOMContentLoaded', function () {
        stop(what, next, detail);
      });
      return;
    }
    shown = true;
    write('boot-what', what);
    write('boot-next', next);
    write('boot-detail', detail);
    var boot = document.getElementById('boot');
    if (boot) boot.hidden = true;
    document.getElementById('boot-reload').onclick = function () {
      location.reload();
    };
    document.getElementById('boot-stop').hidden = false;
    document.title = 'STOP · Signet';
    offerUpdate();
  }

  // A version that is broken cannot offer its own replacement, so this layer does.
  function offerUpdate() {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.getRegistration().then(function (registration) {
      if (!registration || !registration.waiting) return;
      var button = document.getElementById('boot-update');
      button.hidden = false;
      button.onclick = function () {
        navigator.serviceWorker.addEventListener('controllerchange', function () {
          location.reload();
        });
        registration.waiting.postMessage('apply');
      };
    });
  }

  window.addEventListener('signet:stop', function (event) {
    var told = event.detail || {};
    stop(told.what, told.next, told.detail);
  });

  // In the capture phase, because a part that fails to load tells only its own element.
  window.addEventListener(
    'error',
    function (event) {
      var element = event.target;
      if (element && (element.tagName === 'SCRIPT' || element.rel === 'stylesheet')) {
        stop(
          'A part of Signet could not be loaded, or is not the part that was published.',
          'Check the connection to the server and reload. If this stays, do not use this page.',
          element.src || element.href
        );
      } else if (window.WebAssembly && event.error instanceof WebAssembly.RuntimeError) {
        stop(
          'Signet has stopped because of a fault of its own. Boards that were in work are not finished.',
          'Unplug nothing yet. Write down the text below, reload, and plug the boards in again: '
            + "nothing is issued twice without a person's yes.",
          String(event.error.stack || event.error)
        );
      }
    },
    true
  );

  if (!('noModule' in HTMLScriptElement.prototype) || !window.WebAssembly) {
    stop(
      'This browser is too old for Signet, or WebAssembly is switched off in it.',
      'Open this page in a current Chrome or Edge.',
      navigator.userAgent
    );
  }
})();
