// A real Chromium with its own empty profile, its simulated ports, and an ear for trouble.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, chromiumPath } from './peers.mjs';

const ARGS = [
  '--headless',
  '--no-sandbox', // as root Chromium does not start without
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/**
 * Starts Chromium. `ports` is a Ports, or nothing for a browser that sees no serial port.
 *
 * Returns { context, page, problems, chooser, close }. `problems` collects uncaught errors, console
 * errors, Content-Security-Policy violations and failed requests of all pages, as text: a test of a
 * page ends with `assert.deepEqual(browser.problems, [])`.
 */
export async function launch({ ports, scheme = 'light', viewport = DESK, args = [] } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'signet-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: false, // Playwright's switches for it are for another browser; ARGS has Chromium's
    chromiumSandbox: false,
    ignoreDefaultArgs: ['--enable-automation'],
    env: { ...process.env, ...ports?.env },
    args: [...ARGS, ...args],
    colorScheme: scheme,
    viewport,
  });
  context.setDefaultTimeout(WAIT);
  const problems = [];
  context.on('page', page => listen(page, problems));
  for (const page of context.pages()) listen(page, problems);
  await context.addInitScript(tellViolations);
  await context.addInitScript(stubChooser);
  const page = context.pages()[0] ?? (await context.newPage());
  const close = async () => {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  };
  return { context, page, problems, close };
}

/** Milliseconds until what a test waits for will not come: a shared machine may stand still for long. */
const WAIT = 90_000;

/** A laptop, as on most desks. */
export const DESK = { width: 1366, height: 768 };

/** A tablet held upright, as on most lines. */
export const TABLET = { width: 1024, height: 1366 };

/** What requestPort answers from now on in `page`: the index of a fitting port, or null for "cancelled". */
export const choose = (page, pick) => page.evaluate(pick => { testChooser.pick = pick; }, pick);

function listen(page, problems) {
  page.on('pageerror', error => problems.push(`uncaught: ${error.message}`));
  page.on('console', message => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', request => {
    problems.push(`request: ${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on('crash', () => problems.push('the page crashed'));
}

/** Runs in the page. */
function tellViolations() {
  document.addEventListener('securitypolicyviolation', event => {
    console.error(`CSP ${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile ?? ''}`);
  });
}

/**
 * Runs in the page. The real chooser is a native window that nothing can answer in a headless browser;
 * this keeps its rules: a user's action is needed, filters hold, cancelling is NotFoundError.
 */
function stubChooser() {
  if (!('serial' in navigator)) return;
  globalThis.testChooser = { pick: 0, asked: [] };
  Serial.prototype.requestPort = async function (options = {}) {
    testChooser.asked.push(options);
    if (!navigator.userActivation.isActive) {
      throw new DOMException('Must be handling a user gesture to show a permission request.', 'SecurityError');
    }
    const fits = ({ usbVendorId, usbProductId }) => !options.filters?.length || options.filters.some(
      filter => (filter.usbVendorId ?? usbVendorId) === usbVendorId
        && (filter.usbProductId ?? usbProductId) === usbProductId,
    );
    const ports = (await this.getPorts()).filter(port => fits(port.getInfo()));
    if (testChooser.pick === null || !ports[testChooser.pick]) {
      throw new DOMException('No port selected by the user.', 'NotFoundError');
    }
    return ports[testChooser.pick];
  };
}
