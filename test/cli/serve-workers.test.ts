import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { saveFactor, until } from '../support/serving.js';
import { isRunning, Served } from './serve-workers-runs.js';

test('serve --workers › all answer; one that is killed is replaced; SIGHUP and SIGTERM are for all', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 6);
  await until(() => served.pids.length === 2);
  const [first, second] = served.pids as [number, number];
  t.false(served.pids.includes(served.child.pid!));
  const before = await served.answered();
  t.is(before, 4);

  process.kill(first, 'SIGKILL');
  await until(() => served.said.length === 1);
  t.deepEqual(served.said, [`blasnet: worker ${first} ended by signal SIGKILL; another one takes its place`]);
  await until(async () => (await served.textOf('/v2/health/ready')) === '{"ready":true}');
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 6);
  await until(() => served.pids.length === 3);
  // What the first one had counted is not forgotten.
  t.is(await served.answered(), before + 4);

  await saveFactor(file, 5);
  served.child.kill('SIGHUP');
  await until(() => served.said.includes('blasnet: models loaded again'));
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 15);

  const third = served.pids.find((pid) => pid !== first && pid !== second)!;
  // To a terminal's processes signals go all at once.
  for (const pid of [second, third]) process.kill(pid, 'SIGINT');
  t.is(await served.ask(), 15);
  const ended = once(served.child, 'exit');
  served.child.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
  t.deepEqual([second, third].filter(isRunning), []);
});
