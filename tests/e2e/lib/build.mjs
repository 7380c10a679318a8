// The native programs these tests run, built from this workspace.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Builds packages and returns { target name: path of its program or library }. */
export async function build(...packages) {
  const args = ['build', '--quiet', '--message-format=json'];
  for (const name of packages) args.push('--package', name);
  const { stdout } = await promisify(execFile)('cargo', args, { cwd: root, maxBuffer: 1 << 28 });
  const made = {};
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { reason, target, executable, filenames } = JSON.parse(line);
    if (reason !== 'compiler-artifact') continue;
    if (executable) made[target.name] = executable;
    else if (target.kind.includes('cdylib')) made[target.name] = filenames.find(f => f.endsWith('.so'));
  }
  return made;
}
