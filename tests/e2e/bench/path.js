// A chain of three certificates, parsed and judged four ways; see ../bench-path.mjs.
import 'reflect-metadata'; // @peculiar/x509 wants it from whoever uses it
import * as peculiar from '@peculiar/x509';
import * as pkijs from 'pkijs';
import init, { accepts, engine, explain, parse } from './wasm/signet_bench.js';

await init();
pkijs.setEngine('browser', new pkijs.CryptoEngine({ name: 'browser', crypto }));
peculiar.cryptoProvider.set(crypto);

const { chains, at } = await (await fetch('/chains.json')).json();
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

const ways = chain => {
  const [leaf, issuer, root] = chain.certificates.map(bytes);
  const all = [leaf, issuer, root];
  const jobs = chain.jobs.map(job => ({ ...job, spki: bytes(job.spki), message: bytes(job.message), signature: bytes(job.signature) }));
  const floor = async () => {
    for (const { key, check, spki, message, signature } of jobs) {
      const imported = await crypto.subtle.importKey('spki', spki, key, false, ['verify']);
      if (!(await crypto.subtle.verify(check, imported, signature, message))) throw new Error('invalid');
    }
  };
  return {
    parse: {
      signet: () => all.forEach(der => { if (parse(der) < 0) throw new Error('no certificate'); }),
      explained: () => all.forEach(der => { if (explain(der) < 0) throw new Error('no certificate'); }),
      pkijs: () => all.forEach(der => { if (!pkijs.Certificate.fromBER(der).subject) throw new Error('no certificate'); }),
      peculiar: () => all.forEach(der => { if (!new peculiar.X509Certificate(der).subject) throw new Error('no certificate'); }),
    },
    judge: {
      floor,
      signet: async () => { if (!(await accepts(leaf, issuer, root, at))) throw new Error('refused by Signet'); },
      pkijs: async () => {
        const [end, above, top] = all.map(der => pkijs.Certificate.fromBER(der));
        const judge = new pkijs.CertificateChainValidationEngine({ certs: [above, end], trustedCerts: [top], checkDate: new Date(at * 1000) });
        const said = await judge.verify();
        if (!said.result) throw new Error(said.resultMessage);
      },
      peculiar: async () => {
        const [end, above, top] = all.map(der => new peculiar.X509Certificate(der));
        const built = await new peculiar.X509ChainBuilder({ certificates: [above, top] }).build(end);
        const date = new Date(at * 1000);
        if (built.length !== 3 || !(await end.verify({ date, publicKey: above })) || !(await above.verify({ date, publicKey: top }))) {
          throw new Error('refused by @peculiar/x509');
        }
      },
    },
    engine: {
      signet: () => { if (engine(leaf, issuer, root, at, 1000) !== 1000) throw new Error('no signature was missing'); },
    },
  };
};

/** Best of the rounds, in which all take turns: a slow moment of the machine hits each alike. */
async function time(tasks, rounds, times) {
  const best = Object.fromEntries(Object.keys(tasks).map(name => [name, Infinity]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, task] of Object.entries(tasks)) {
      const began = performance.now();
      for (let i = 0; i < times; i += 1) await task();
      best[name] = Math.min(best[name], (performance.now() - began) / times * 1000);
    }
  }
  return best;
}

const result = {};
for (const chain of chains) {
  const { parse, judge, engine: alone } = ways(chain);
  result[chain.name] = {
    parse: await time(parse, 12, 200), // the clock of a page has steps of 0.1 ms
    judge: await time(judge, 60, 50), // a browser compiles well only what has run often
    engine: (await time(alone, 5, 1)).signet / 1000,
  };
}
globalThis.result = result;
