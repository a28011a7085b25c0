import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { type InferAnswer, post, servingApp } from '../support/serving.js';
import { args, folderOf } from './texts-runs.js';

test('train, predict and serve › texts, as bags of words', async (t) => {
  const folder = await folderOf(t);
  const { code, output, errors } = await blasnet(folder, [...args, '-e', '60']);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /^messages\.csv: \d+ texts to train on, \d+ for validation, 8 for the test; \d+ known tokens$/m);
  t.regex(output, /^type: binaryClassifier, since the labels are 2 names/m);
  t.regex(output, /^classes: food, tool$/m);
  t.regex(output, /^food +[\d.]+ +[\d.]+ +[\d.]+ +\d+$/m);
  t.regex(output, /^baseline: accuracy/m);

  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.is(net.inputs.length, 1);
  const texts = ['a saw', 'some bread', 'words that nobody knows', ''];
  const expected = (await net.predict(texts)).classes!;
  t.deepEqual(expected.slice(0, 2), ['tool', 'food']);
  await write(folder, 'new.csv', `message\n${texts.map((text) => `"${text}"`).join('\n')}\n`);
  const predicted = await blasnet(folder, ['predict', 'model.safetensors', 'new.csv']);
  t.is(predicted.errors, '');
  t.deepEqual(
    predicted.output
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0]),
    expected.slice(0, predicted.output.trim().split('\n').length - 1),
  );
  const app = await servingApp(t, { models: [{ name: 'm', file: join(folder, 'model.safetensors') }] });
  const inputs = [{ name: 'message', datatype: 'BYTES', shape: [2], data: texts.slice(0, 2) }];
  const { json } = await post(app, '/v2/models/m/infer', { inputs });
  t.deepEqual((json as InferAnswer).outputs.find(({ name }) => name === 'class')!.data, ['tool', 'food']);
});
