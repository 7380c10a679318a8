// A chain of three certificates, parsed and judged in one Chromium: Signet beside PKI.js and
// @peculiar/x509, and beside nothing but the signatures by WebCrypto. `./dev bench path` prints the table.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { buildWasm } from './lib/bench-wasm.mjs';
import { launch } from './lib/browser.mjs';
import { root } from './lib/build.mjs';
import { parts } from './lib/der.mjs';
import { bundle } from './lib/peers.mjs';
import { serve } from './lib/server.mjs';

const folder = path.join(root, 'target/bench-path');
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
buildWasm(path.join(folder, 'wasm'));
bundle({
  entryPoints: [path.join(root, 'tests/e2e/bench/path.js')],
  outfile: path.join(folder, 'path.js'),
  external: ['./wasm/*'],
});
fs.writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Chains</title><script type="module" src="path.js"></script>');
const chains = [
  chain('P-384', '-newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -sha384', { name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: 'SHA-384' }),
  chain('RSA 2048', '-newkey rsa:2048 -sha256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, { name: 'RSASSA-PKCS1-v1_5' }),
];
const at = Math.ceil(Date.now() / 1000); // no earlier than the certificates
fs.writeFileSync(path.join(folder, 'chains.json'), JSON.stringify({ chains, at }));

const server = await serve({ root: folder });
const browser = await launch();
try {
  await browser.page.goto(`${server.origin}/`);
  await browser.page.waitForFunction(() => globalThis.result, null, { timeout: 300_000 });
  print(await browser.page.evaluate(() => globalThis.result));
} catch (error) {
  console.error(browser.problems.join('\n'));
  throw error;
} finally {
  await browser.close();
  server.close();
}

function print(result) {
  const names = {
    floor: 'WebCrypto: import and verify, twice', signet: 'Signet', explained: 'Signet, explained in words',
    pkijs: 'PKI.js 4.0.0', peculiar: '@peculiar/x509 2.2.0',
  };
  console.log('## A chain of three certificates, in one Chromium (`path`)\n');
  console.log('Best of 12 rounds of 200 for parsing and 60 of 50 for judging, in turn.\n');
  for (const [chain, { parse, judge, engine }] of Object.entries(result)) {
    console.log(`### ${chain}\n`);
    console.log('| parse three certificates | µs | beside Signet |\n|---|--:|--:|');
    for (const [who, us] of Object.entries(parse)) console.log(`| ${names[who]} | ${us.toFixed(1)} | ${(us / parse.signet).toFixed(1)} |`);
    console.log('\n| parse and judge | µs | beside the floor |\n|---|--:|--:|');
    for (const [who, us] of Object.entries(judge)) console.log(`| ${names[who]} | ${us.toFixed(0)} | ${(us / judge.floor).toFixed(2)} |`);
    console.log(`\nThe engine alone, one certificate of a fleet: ${engine.toFixed(0)} µs.\n`);
  }
}

/** Leaf, issuer and root by OpenSSL, and their two signatures as WebCrypto takes them. */
function chain(name, key, imported, check) {
  const here = fs.mkdtempSync(path.join(folder, 'chain-'));
  const openssl = words => execFileSync('openssl', words.split(' '), { cwd: here, stdio: 'pipe' });
  const authority = `-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign ${key}`;
  openssl(`req -x509 -nodes -days 90 -subj /CN=Root -keyout root.key -out root.pem ${authority}`);
  openssl(`req -x509 -nodes -days 90 -subj /CN=Issuer -keyout ca.key -out ca.pem -CA root.pem -CAkey root.key ${authority}`);
  openssl(`req -x509 -nodes -days 90 -subj /CN=pump -keyout leaf.key -out leaf.pem -CA ca.pem -CAkey ca.key `
    + `-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth `
    + `-addext subjectAltName=DNS:pump.example ${key}`);
  const read = ['leaf.pem', 'ca.pem', 'root.pem'].map(file => new X509Certificate(fs.readFileSync(path.join(here, file))));
  const jobs = [0, 1].map(index => {
    const { signed, signature, pair } = parts(read[index].raw);
    const spki = read[index + 1].publicKey.export({ type: 'spki', format: 'der' });
    const form = imported.namedCurve ? pair(48) : signature;
    return { key: imported, check, spki: spki.toString('base64'), message: signed.toString('base64'), signature: form.toString('base64') };
  });
  return { name, certificates: read.map(one => one.raw.toString('base64')), jobs };
}
