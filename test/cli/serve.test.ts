import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { ask, expectedOf, saveNet, serve } from './serve-runs.js';

test('serve › answers as the nets do, reloads at SIGHUP, ends at SIGTERM with code 0', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = [await saveNet(folder, 'a', 1), await saveNet(folder, 'b', 2)];
  await b.exportOnnx(join(folder, 'b.onnx'));
  const { child, url, line, nextError, closed } = await serve(t, folder, [
    'a.safetensors',
    'b.onnx',
    '-n',
    'first',
    '-n',
    'second',
  ]);
  t.regex(line, /^serving first, second at http:\/\/127\.0\.0\.1:\d+$/);
  t.deepEqual(await ask(url, 'first'), { status: 200, data: expectedOf(a) });
  t.deepEqual(await ask(url, 'second'), { status: 200, data: expectedOf(b) });

  await saveNet(folder, 'c', 3).then(() => rename(join(folder, 'c.safetensors'), join(folder, 'a.safetensors')));
  const c = await NeuralNet.load(join(folder, 'a.safetensors'));
  child.kill('SIGHUP');
  t.is(await nextError(), 'blasnet: models loaded again');
  t.deepEqual(await ask(url, 'first'), { status: 200, data: expectedOf(c) });
  t.notDeepEqual(expectedOf(c), expectedOf(a));

  const used = await blasnet(folder, ['serve', 'a.safetensors', '--port', new URL(url).port]);
  t.deepEqual(used, {
    code: 1,
    signal: null,
    output: '',
    errors: `blasnet: Expected a free port (--port 0 takes any) but received ${new URL(url).host}\n`,
  });
  child.kill('SIGTERM');
  t.deepEqual(await closed, [0, null]);
});
