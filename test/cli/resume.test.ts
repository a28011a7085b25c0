import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet, houses, program } from '../support/command-line.js';
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
  const args = [
    'train',
    'houses.csv',
    '-l',
    'price',
    '--ignore',
    'id',
    'date',
    '--net',
    '256-128',
    '-e',
    '250',
    '--no-charts',
  ];
  const run = (name: string, ...more: string[]) => [
    ...args,
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
  const other = await blasnet(folder, run('parts', '--resume', '-e', '300'));
  t.is(other.code, 1);
  t.is(
    other.errors,
    "blasnet: Expected 250, as in the checkpoint, for the hyperparameters (maxEpoch) but received '300'\n",
  );
  t.deepEqual(await readFile(join(folder, 'parts.run')), content);
});
