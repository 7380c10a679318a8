// The program's parts as a WebAssembly module of their own (tests/bench), for a page that calls them.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { root } from './build.mjs';

const TARGET = 'wasm32-unknown-unknown';

/**
 * Builds it into `folder` as signet_bench.js and its module. With `optimized` as the page is built
 * (Cargo.toml, index.html), which takes minutes; without, quickly and slow.
 */
export function buildWasm(folder, { optimized = true } = {}) {
  const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const profile = optimized ? ['--release'] : [];
  run('cargo', 'build', '--quiet', ...profile, '--target', TARGET, '--package', 'signet-bench');
  const built = path.join(process.env.CARGO_TARGET_DIR ?? 'target', TARGET, optimized ? 'release' : 'debug', 'signet_bench.wasm');
  run('wasm-bindgen', '--target', 'web', '--out-dir', folder, path.resolve(root, built));
  const wasm = path.join(folder, 'signet_bench_bg.wasm');
  if (optimized) run('wasm-opt', '-O3', '-o', wasm, wasm);
}
