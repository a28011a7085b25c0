import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { blasnet, program } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly line: string;
  /** The next line of the standard error. */
  readonly nextError: () => Promise<string>;
  readonly closed: Promise<unknown[]>;
}

/** Starts a server at any free port, and waits until it says where. */
async function serve(
  t: ExecutionContext,
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Served> {
  const child = spawn(process.execPath, [program, 'serve', ...args, '--port', '0'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const errors = createInterface(child.stderr)[Symbol.asyncIterator]();
  const nextError = async () => (await errors.next()).value as string;
  for await (const line of createInterface(child.stdout)) {
    return { child, url: line.replace(/^.* at /, ''), line, nextError, closed };
  }
  throw new Error(await nextError());
}

async function saveNet(folder: string, name: string, seed: number): Promise<NeuralNet> {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed }), name);
  net.addLayer(new FullyConnectedLayer(3, 2));
  await net.save(join(folder, `${name}.safetensors`));
  return net;
}

const rows = [
  [1, 2, 3],
  [-1, 0.5, 0],
];

async function ask(url: string, model: string, headers: Record<string, string> = {}) {
  const inputs = [{ name: 'input', shape: [2, 3], datatype: 'FP32', data: rows }];
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ inputs }),
  });
  const { outputs } = (await response.json()) as { outputs?: { data: number[] }[] };
  return { status: response.status, data: outputs?.[0]?.data };
}

const expectedOf = (net: NeuralNet) => Array.from(net.inference(Tensor.from(rows)).data);

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

test('serve › a token from the environment; a request under way at SIGINT is answered', async (t) => {
  const folder = await temporaryFolder(t);
  const net = await saveNet(folder, 'a', 1);
  // A row waits for others for a while, in which the signal comes.
  const args = ['a.safetensors', '--token-env', 'TOKEN', '--max-delay', '2000', '--max-batch', '100'];
  const { child, url, closed } = await serve(t, folder, args, { TOKEN: 'secret' });
  t.is((await ask(url, 'a')).status, 401);
  const authorization = 'Bearer secret';
  let isAnswered = false;
  const answer = ask(url, 'a', { authorization }).finally(() => {
    isAnswered = true;
  });
  const waiting = async () => {
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization, connection: 'close' } });
    return /queue\w*(\{[^}]*\})? 2$/m.test(await metrics.text());
  };
  while (!isAnswered && !(await waiting()));
  child.kill('SIGINT');
  t.deepEqual(await answer, { status: 200, data: expectedOf(net) });
  t.deepEqual(await closed, [0, null]);
});

test('serve › hosts and limits from the command line', async (t) => {
  const folder = await temporaryFolder(t);
  await saveNet(folder, 'a', 1);
  const limits = ['--json-limit', '1KiB', '--body-limit', '2000', '--max-rows', '2', '--max-wait', '0'];
  const { url } = await serve(t, folder, [
    'a.safetensors',
    '--allowed-host',
    'a.example',
    '--allowed-host',
    'b.example',
    ...limits,
  ]);
  const ask = async (headers: Record<string, string>, data: readonly number[]) => {
    const inputs = [{ name: 'input', shape: [data.length / 3, 3], datatype: 'FP32', data }];
    const request = httpRequest(`${url}/v2/models/a/infer`, { method: 'POST', headers });
    request.end(JSON.stringify({ inputs }));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return [response.statusCode, ((await json(response)) as { error?: string }).error];
  };
  for (const host of ['a.example', 'b.example:80', 'localhost'])
    t.deepEqual(await ask({ host }, [1, 2, 3]), [200, undefined]);
  t.is((await ask({ host: 'c.example' }, [1, 2, 3]))[0], 421);
  t.deepEqual(await ask({}, Array(9).fill(0)), [413, 'Expected at most 2 rows for a request but received 3']);
  const [status, error] = await ask({}, Array(600).fill(0));
  t.is(status, 413);
  t.regex(String(error), /^Expected at most 1024 bytes for a body of JSON/);
  const { code, errors } = await blasnet(folder, ['serve', 'a.safetensors', '--json-limit', '1 MB']);
  t.is(code, 2);
  t.regex(errors, /Expected a number of bytes, as 500000, 512KiB or 4MiB/);
});

test('serve › by npx, it ends when the shell between them does', async (t) => {
  const folder = await temporaryFolder(t);
  await saveNet(folder, 'a', 1);
  const child = spawn(
    'sh',
    ['-c', '"$0" "$@" & wait', process.execPath, program, 'serve', 'a.safetensors', '--port', '0'],
    {
      cwd: folder,
      env: { ...process.env, npm_command: 'exec' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface(child.stdout);
  const ended = once(lines, 'close');
  const [line] = (await once(lines, 'line')) as [string];
  child.kill('SIGKILL');
  await ended; // the server's end of the pipe
  await t.throwsAsync(fetch(`${line.replace(/^.* at /, '')}/v2/health/live`));
});
