import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { saveFactor, until } from '../support/serving.js';
import { isRunning, Served } from './serve-workers-runs.js';

test('serve --workers › workers end when the command is killed', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) await served.ask();
  await until(() => served.pids.length === 2);
  const { pids } = served;
  served.child.kill('SIGKILL');
  await until(() => !pids.some(isRunning));
  await t.throwsAsync(served.ask());
});

test('serve --workers › connections on the way to a worker that ends go to another', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) await served.ask();
  await until(() => served.pids.length === 2);
  const [stopped] = served.pids as [number];
  process.kill(stopped, 'SIGSTOP');
  const { port, hostname } = new URL(served.url);
  const answers = Array.from({ length: 8 }, async () => {
    const socket = connect(Number(port), hostname);
    socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return text(socket).catch(() => '');
  });
  // Those of the worker that goes on are answered.
  let answered = 0;
  for (const answer of answers) void answer.then((whole) => whole.includes('200 OK') && answered++);
  await until(() => answered === 4);
  process.kill(stopped, 'SIGKILL');
  await Promise.all(answers);
  t.is(answered, 8);
});
