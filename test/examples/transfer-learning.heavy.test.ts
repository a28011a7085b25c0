import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { cutMnist } from '../support/mnist.js';
import { figure, run, tableOf } from './running.js';

test.serial('transfer-learning › what was learnt helps where rows are few', async (t) => {
  const data = await cutMnist(t, 6000, 1000);
  const { lines, pictures } = await run(t, 'transfer-learning', ['--data', data]);
  t.true(figure(lines, 'digits 0 to 4, all training rows: test accuracy') > 0.97, lines.join('\n'));
  const table = tableOf(
    lines.map((line) => line.trimStart()),
    '3',
    '10',
    '30',
    '100',
  );
  t.is(Object.keys(table).length, 4);
  const [frozen, tuned, scratch] = table['3']!.map(Number);
  t.true(tuned! > frozen! && tuned! > scratch!, lines.join('\n'));
  for (const accuracy of table['100']!.map(Number)) t.true(accuracy > 0.8, lines.join('\n'));
  const files = ['accuracy.png', 'accuracy.svg', 'digits-0-4.safetensors'];
  t.deepEqual((await readdir(pictures)).sort(), files);
  const net = await NeuralNet.load(join(pictures, files[2]!));
  t.deepEqual(net.layerNames.slice(-2), ['digits', 'softmax-8']);
});
