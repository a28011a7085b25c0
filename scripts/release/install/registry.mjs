// Registries on loopback. Nothing that is published into them leaves this machine.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { root } from '../../lib/root.mjs';
import { run, ScriptError } from '../../lib/run.mjs';
import { emptyFolder, put } from './files.mjs';
import { npmCommand, npmSetting, verdaccio } from './tools.mjs';

/** A free port of 127.0.0.1. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Verdaccio's settings: our packages come from here alone, all others from the registry that npm is set up with. */
const settings = (uplink) => `storage: ./storage
uplinks:
  upstream:
    url: ${uplink}
    cache: true
    maxage: 1d
    timeout: 120s
    max_fails: 20
    fail_timeout: 10s
packages:
  '@blasnet/*':
    access: $all
    publish: $all
  'blasnet*':
    access: $all
    publish: $all
  '**':
    access: $all
    proxy: upstream
auth:
  htpasswd:
    file: ./htpasswd
max_body_size: 200mb
publish:
  allow_offline: true
web:
  enable: false
log: { type: file, path: ./verdaccio.log, level: info }
`;

/**
 * Starts verdaccio on a free port of loopback, and publishes tarballs into it as a release would.
 * @returns {Promise<{ url: string, publish(tarball: string): void, stop(): Promise<void> }>}
 */
export async function startRegistry() {
  const program = verdaccio();
  const folder = join(root, 'build/release/registry');
  // Dependencies that earlier tests fetched stay; our own packages are published anew.
  for (const ours of ['@blasnet', 'blasnet', 'blasnet-source']) emptyFolder(join(folder, 'storage', ours));
  put(join(folder, 'config.yaml'), settings(npmSetting('registry') ?? 'https://registry.npmjs.org/'));
  put(join(folder, 'storage/.verdaccio-db.json'), { list: [], secret: 'a secret of a registry on loopback' });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const certificates = npmSetting('cafile');
  const child = spawn(process.execPath, [program, '--config', 'config.yaml', '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    env: { ...process.env, ...(certificates && { NODE_EXTRA_CA_CERTS: certificates }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  await answering(`${url}-/ping`, child, () => output);
  const userConfig = join(folder, 'npmrc');
  put(userConfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anonymous\n`);
  return {
    url,
    publish(tarball) {
      const [node, npm] = npmCommand();
      const args = ['publish', tarball, '--userconfig', userConfig, '--registry', url, '--ignore-scripts'];
      run(node, [npm, ...args, '--tag', 'latest'], {
        what: `publishing ${basename(tarball)} on loopback`,
      });
    },
    stop: () => stopped(child),
  };
}

async function answering(url, child, output) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break;
    try {
      if ((await fetch(url)).ok) return;
    } catch {} // not listening yet
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill('SIGKILL');
  throw new ScriptError(`verdaccio did not start:\n${output()}`);
}

function stopped(child) {
  if (child.exitCode !== null) return undefined;
  const end = new Promise((resolve) => child.once('close', resolve));
  child.kill();
  return end;
}

/**
 * A registry of a few tarballs and nothing else, for one scope: npm asks its usual registry for the other packages.
 * Takes no package from elsewhere and starts at once.
 * @param packages - `{ manifest, tarball }` each
 */
export async function startScopeRegistry(packages) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname).slice(1);
    const found = packages.find(({ manifest, tarball }) => path === manifest.name || path === basename(tarball));
    if (!found) return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    const content = readFileSync(found.tarball);
    if (path === basename(found.tarball)) return response.end(content);
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(packument(found, content, `http://${request.headers.host}/`)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** What a registry answers for a package that has one version. */
function packument({ manifest, tarball }, content, url) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const shasum = createHash('sha1').update(content).digest('hex');
  const dist = { tarball: url + basename(tarball), integrity, shasum };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
