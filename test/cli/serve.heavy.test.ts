import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import test from 'ava';
import { blasnet, program } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { ask, expectedOf, saveNet, serve } from './serve-runs.js';

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
