import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { contentOf } from '../support/checkpoints.js';
import { blasnet, houses, irises, program } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

/** Runs a command, and sends SIGINT once its checkpoint is there. */
async function stopEarly(folder: string, args: readonly string[]): Promise<{ code: number; errors: string }> {
  await rm(join(folder, 'parts.run'), { force: true });
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const closed = once(child, 'close');
  while (child.exitCode === null && !(await exists(join(folder, 'parts.run')))) await pause(2);
  child.kill('SIGINT');
  const [code] = await closed;
  return { code, errors };
}

test('train --resume › a run that was stopped ends in the same bits', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(600));
  const args = ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', '--net', '256-128', '--no-charts'];
  const run = (name: string, ...more: string[]) => [
    ...args,
    ...(more.includes('-e') ? [] : ['-e', '250']),
    '-o',
    `${name}.safetensors`,
    '--checkpoint',
    `${name}.run`,
    ...more,
  ];

  const whole = await blasnet(folder, run('whole', '-q'));
  t.is(whole.code, 0);

  // A machine with other work may let a run come to its end before the signal.
  let stopped = await stopEarly(folder, run('parts'));
  for (let i = 0; i < 5 && stopped.code === 0; i++) stopped = await stopEarly(folder, run('parts'));
  t.deepEqual(stopped, {
    code: 130,
    errors: 'blasnet: stopped by SIGINT, no model written; --resume goes on from the checkpoint\n',
  });

  const rest = await blasnet(folder, run('parts', '--resume', '-q'));
  t.deepEqual([rest.code, rest.errors, rest.output], [0, '', whole.output]);
  const weights = async (name: string) => {
    const { layers } = await NeuralNet.load(join(folder, `${name}.safetensors`));
    return layers.map((layer) => Object.values(layer.weights).map((tensor) => tensor.data));
  };
  t.deepEqual(await weights('parts'), await weights('whole'));

  const content = await readFile(join(folder, 'parts.run'));
  const other = await blasnet(folder, run('parts', '--resume', '-e', '240'));
  t.is(other.code, 1);
  t.is(other.errors, 'blasnet: Expected at least 250, as in the checkpoint, for maxEpoch but received 240\n');
  const another = await blasnet(folder, run('parts', '--resume', '--rate', '0.5'));
  t.is(another.code, 1);
  t.is(
    another.errors,
    "blasnet: Expected 0.001, as in the checkpoint, for the hyperparameters (learningRate) but received '0.5'\n",
  );
  t.deepEqual(await readFile(join(folder, 'parts.run')), content);
});

test('train --resume › more epochs than before', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'irises.csv', await irises());
  const run = (name: string, ...more: string[]) => {
    const files = ['-o', `${name}.safetensors`, '--checkpoint', `${name}.run`];
    return blasnet(folder, ['train', 'irises.csv', '-l', 'species', '--no-charts', '-q', ...files, ...more]);
  };
  const whole = await run('whole', '-e', '12');
  t.is((await run('parts', '-e', '5')).code, 0);
  // Unless it is said, the number of epochs is not the one to make longer.
  t.regex((await run('parts', '--resume')).errors, /Expected 5, as in the checkpoint, .*\(maxEpoch\) but received/);
  const rest = await run('parts', '--resume', '-e', '12');
  t.deepEqual([rest.code, rest.errors, rest.output], [0, '', whole.output]);
  await sameRuns('command line');

  await write(folder, 'config.json', JSON.stringify({ hyperParameters: { maxEpoch: 5 } }));
  t.is((await run('parts', '--config', 'config.json')).code, 0);
  await write(folder, 'config.json', JSON.stringify({ hyperParameters: { maxEpoch: 12 } }));
  t.is((await run('parts', '--config', 'config.json', '--resume')).code, 0);
  await sameRuns('config');

  const stopper = { condition: 'stopLoss', value: 10 };
  await write(folder, 'config.json', JSON.stringify({ hyperParameters: { stopper } }));
  t.is((await run('stopped', '--config', 'config.json', '-e', '5')).code, 0);
  const stopped = await run('stopped', '--config', 'config.json', '-e', '12', '--resume');
  t.is(stopped.code, 1);
  t.is(
    stopped.errors,
    'blasnet: Expected 5, as in the checkpoint, for maxEpoch of a run that stopLoss has ended for good but received 12\n',
  );

  /** Both are named after their model files, which is the one difference. */
  async function sameRuns(message: string): Promise<void> {
    const [parts, expected] = [await contentOf(join(folder, 'parts.run')), await contentOf(join(folder, 'whole.run'))];
    t.deepEqual(parts.metadata, { ...expected.metadata, name: 'parts' }, message);
    t.deepEqual(parts.tensors, expected.tensors, message);
  }
});
