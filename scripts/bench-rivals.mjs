// Sets up the benchmark's rivals in Python, of versions that this machine need not have: PyTorch, NumPy, JAX and TensorFlow in a
// Debian 13 (trixie) of their own, in a folder. Nothing outside the folder is changed, and nothing calls this script by itself.
// Usage: node scripts/bench-rivals.mjs                    prints what it would do
//        node scripts/bench-rivals.mjs --folder DIR       does it, as root, with debootstrap: 3.5 GB, some minutes
//        node scripts/bench-rivals.mjs --folder DIR --remove   unmounts what it has mounted, and deletes the folder
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, ScriptError, say } from './lib/run.mjs';

const mirror = 'http://deb.debian.org/debian';
/** The OpenBLAS with OpenMP: threads of its own would spin beside those of PyTorch, and take turns with them on few cores. */
const blas = 'libopenblas0-openmp';
const packages = [blas, 'python3', 'python3-numpy', 'python3-torch', 'python3-venv', 'ca-certificates'];
/** From PyPI, where it has them for that Python: without one of them the benchmark goes on. */
const wheels = ['jax==0.12.0.1', 'tensorflow-cpu==2.21.0'];
/** Certificates that an administrator has added here. */
const certificates = '/usr/local/share/ca-certificates';
const python = '/opt/rivals/bin/python';

/** The steps of the installation in order; `isOptional` if the rest works without a step. */
const stepsFor = (folder) => {
  const within = (...words) => ['chroot', folder, 'env', 'DEBIAN_FRONTEND=noninteractive', ...words];
  return [
    { what: 'a minimal Debian 13', words: ['debootstrap', '--variant=minbase', 'trixie', folder, mirror] },
    { what: 'its view of the processor', words: ['mount', '-t', 'proc', 'proc', join(folder, 'proc')] },
    {
      what: 'Python with NumPy and PyTorch, of Debian',
      words: within('apt-get', 'install', '-y', '--no-install-recommends', ...packages),
    },
    { what: "this machine's own certificates", call: () => trustCertificates(folder) },
    {
      what: 'a virtual environment that sees them',
      words: within('python3', '-m', 'venv', '--system-site-packages', '/opt/rivals'),
    },
    ...wheels.map((wheel) => ({
      what: `${wheel}, of PyPI`,
      words: within(python, '-m', 'pip', 'install', '--no-cache-dir', wheel),
      isOptional: true,
    })),
  ];
};

function trustCertificates(folder) {
  if (!existsSync(certificates)) return;
  for (const name of readdirSync(certificates)) cpSync(join(certificates, name), join(folder, certificates, name));
  runStep(['chroot', folder, 'update-ca-certificates']);
}

/** Variables that name files of this machine stay here. */
function environment() {
  const kept = ['PATH', 'HOME', 'LANG', 'http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function runStep([command, ...words], isOptional = false) {
  const { status, error } = spawnSync(command, words, { env: environment(), stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  const line = `${[command, ...words].join(' ')} ${error ? `could not start: ${error.message}` : `ended with ${status}`}`;
  if (!isOptional) throw new ScriptError(line);
  say(`${line}; goes on without`);
}

function remove(folder) {
  spawnSync('umount', [join(folder, 'proc')]);
  if (existsSync(join(folder, 'proc/self')))
    throw new ScriptError(`${folder}/proc is in use; end what runs there first`);
  rmSync(folder, { recursive: true, force: true });
}

function setUp(folder) {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new ScriptError(`${folder} is not empty`);
  for (const { what, words, call, isOptional } of stepsFor(folder)) {
    say(`${what} …`);
    if (call) call();
    else runStep(words, isOptional);
  }
}

await main(() => {
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, remove: { type: 'boolean', default: false } },
  });
  const { folder = '/srv/rivals' } = values;
  if (values.folder === undefined) {
    for (const { what, words } of stepsFor(folder)) console.log(`${what}${words ? `:\n  ${words.join(' ')}` : ''}`);
    console.log('\nTo do so, as root: node scripts/bench-rivals.mjs --folder DIR');
    return;
  }
  if (process.getuid?.() !== 0) throw new ScriptError('expected root, since a folder with a system of its own is made');
  if (!isAbsolute(folder) || folder === '/')
    throw new ScriptError(`expected an absolute path for --folder but received ${folder}`);
  if (values.remove) {
    remove(folder);
    return;
  }
  setUp(folder);
  console.log(`BLASNET_BENCH_PYTHON="chroot ${folder} ${python}" npm run bench`);
});
