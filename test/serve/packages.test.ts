import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder, write } from '../support/files.js';
import { runScript } from '../support/processes.js';

test('without fastify or prom-client, the error says what to install', async (t) => {
  const root = await temporaryFolder(t);
  await cp('dist', join(root, 'dist'), { recursive: true });
  await cp('package.json', join(root, 'package.json'));
  await mkdir(join(root, 'build/Release'), { recursive: true });
  for (const name of await readdir('build/Release')) {
    if (name.endsWith('.node')) await cp(join('build/Release', name), join(root, 'build/Release', name));
  }
  await mkdir(join(root, 'node_modules'));
  for (const name of ['detect-libc']) {
    await cp(join('node_modules', name), join(root, 'node_modules', name), { recursive: true });
  }
  const script = await write(
    root,
    'serve.mjs',
    `import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
     import { inferenceServer, startServer } from 'blasnet/serve';
     const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FullyConnectedLayer(1, 1));
     const models = [{ name: 'm', net }];
     for (const start of [() => startServer({ models, port: 0 }), () => inferenceServer({}, { models })]) {
       await start().catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })));
     }`,
  );
  const { output, errors } = await runScript(script);
  t.is(errors, '');
  const [fastify, promClient] = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  for (const [error, name] of [
    [fastify, 'fastify'],
    [promClient, 'prom-client'],
  ] as const) {
    t.is(error!.name, 'BlasnetError');
    t.is(error!.code, 'ERR_NATIVE_LOAD');
    t.true(error!.message!.startsWith(`Expected the optional package ${name} for serving but received an error`));
    t.regex(error!.message!, /run `npm install fastify prom-client` \(Cannot find package/);
  }
});
