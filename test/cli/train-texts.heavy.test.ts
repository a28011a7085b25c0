import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { type InferAnswer, post, servingApp } from '../support/serving.js';
import { args, csvOf, folderOf, messages } from './texts-runs.js';

test('train, predict and serve › bags of words without their zeros', async (t) => {
  const folder = await folderOf(t);
  const { code, output, errors } = await blasnet(folder, [...args, '-e', '60', '--sparse', '--max-length', '5']);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /8 for the test; \d+ known tokens, at most 5 of a text$/m);
  t.regex(output, /^food +[\d.]+ +[\d.]+ +[\d.]+ +\d+$/m);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(net.layerNames, ['output', 'sigmoid']);
  t.deepEqual(
    net.inputs.map(({ name, rowShape }) => [name, rowShape]),
    [
      ['words', [5]],
      ['weights', [5]],
    ],
  );
  const texts = ['a saw', 'some bread', 'words that nobody knows', ''];
  const { classes } = await net.predict(texts);
  t.deepEqual(classes!.slice(0, 2), ['tool', 'food']);
  await write(
    folder,
    'new.csv',
    `id,message\n${texts
      .slice(0, 2)
      .map((text, i) => `${i},"${text}"`)
      .join('\n')}\n`,
  );
  const predicted = await blasnet(folder, ['predict', 'model.safetensors', 'new.csv']);
  t.deepEqual(
    predicted.output
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0]),
    ['tool', 'food'],
  );
  const app = await servingApp(t, { models: [{ name: 'm', file: join(folder, 'model.safetensors') }] });
  const inputs = [{ name: 'message', datatype: 'BYTES', shape: [2], data: texts.slice(0, 2) }];
  const { json } = await post(app, '/v2/models/m/infer', { inputs });
  t.deepEqual((json as InferAnswer).outputs.find(({ name }) => name === 'class')!.data, ['tool', 'food']);
  t.regex(
    (await blasnet(folder, [...args, '--sparse', '--embedding'])).errors,
    /--embedding.*--sparse|--sparse.*--embedding/,
  );
});

test('train › embeddings of tokens, with limits; a hidden layer; three classes', async (t) => {
  const folder = await folderOf(t);
  const more = ['--embedding', '--vocabulary', '12', '--max-length', '4', '--net', '8', '-e', '2', '--json'];
  const { code, output } = await blasnet(folder, [...args, ...more]);
  t.is(code, 0);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(net.layerNames, ['embedding', 'mean', 'hidden1', 'relu1', 'output', 'sigmoid']);
  t.deepEqual(net.preparation?.inputShape, [4]);
  t.is(net.preparation?.columns?.[0]?.text?.vocabulary?.length, 12);
  const report = JSON.parse(output) as { type: string; classes: string[]; test: { perClass: object[] } };
  t.deepEqual([report.type, report.classes, report.test.perClass.length], ['binaryClassifier', ['food', 'tool'], 2]);

  await write(folder, 'messages.csv', csvOf([...messages, ...messages.map((one) => ({ ...one, label: 'neither' }))]));
  const three = await blasnet(folder, [...args, '-e', '1', '--tokenizer', 'characters']);
  t.regex(three.output, /^type: multipleClassifier, since the labels are 3 names/m);
  t.regex(three.output, /^softmax +softmax +3/m);
});

test('train › --type, a file of test texts, and the config file of texts', async (t) => {
  const folder = await folderOf(t);
  await write(folder, 'test.csv', csvOf(messages.slice(0, 6)));
  const texts = { column: 'message', features: 'tokens', maxLength: 3, keep: 'end' };
  await write(folder, 'config.json', JSON.stringify({ texts, reader: { label: 'label' }, validation: 0 }));
  const config = ['train', 'messages.csv', '--config', 'config.json', '--test', 'test.csv', '-e', '1', '--no-charts'];
  const { code, output, errors } = await blasnet(folder, [...config, '--type', 'multiple', '--max-length', '2']);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /: 40 texts to train on, 6 for the test; \d+ known tokens, at most 2 of a text$/m);
  t.regex(output, /^type: multipleClassifier$/m);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.is(net.preparation?.columns?.[0]?.text?.keep, 'end');
  for (const [fields, message] of [
    [{ texts: { columns: 'message' } }, /for texts in 'config\.json' but received 'columns'.*column/],
    [{ texts: { ...texts, features: 'words' } }, /tokens.*bag.*pairs.* for texts\.features but received 'words'/],
    [{ texts: { ...texts, vocabularySize: 'all' } }, /vocabularySize/],
    [{ texts: { column: 5.5 } }, /text/],
    [{ texts: { ...texts, tokenizer: '__proto__' } }, /tokenizer/],
  ] as const) {
    await write(folder, 'config.json', JSON.stringify(fields));
    const wrong = await blasnet(folder, config);
    t.not(wrong.code, 0);
    t.regex(wrong.errors, message);
    t.is(wrong.errors.trim().split('\n').length, 1);
  }
});

test('train › texts that cannot be read, and options that are not for texts', async (t) => {
  const folder = await folderOf(t);
  await write(folder, 'one.csv', 'message,label\na,x\nb,x\n');
  await write(folder, 'empty.csv', 'message,label\n');
  await write(folder, 'bytes.csv', Buffer.from('message,label\n\xff\xfe,x\nb,y\n', 'latin1'));
  await write(folder, 'bad.json', '{}');
  await mkdir(join(folder, 'none'));
  for (const [file, code, message] of [
    ['one.csv', 1, /at least two classes/],
    ['empty.csv', 1, /empty\.csv/],
    ['bytes.csv', 1, /bytes\.csv/],
    ['missing.csv', 1, /missing\.csv/],
    ['none', 1, /none/],
  ] as const) {
    const run = await blasnet(folder, ['train', file, '--text', 'message', '-l', 'label', '-e', '1', '--no-charts']);
    t.deepEqual([run.code, run.errors.trim().split('\n').length], [code, 1], `${file}: ${run.errors}`);
    t.regex(run.errors, message);
  }
  for (const [more, code, message] of [
    [['--text', 'massage'], 1, /massage/],
    [['--label', 'label', 'id'], 2, /--label: Expected one column/],
    [['--type', 'fitting'], 2, /--type: Expected binary or multiple for texts/],
    [['--categorical', 'id'], 2, /--categorical is not for texts/],
    [['--ignore', 'id'], 2, /--ignore is not for texts/],
    [['--scale', 'robust'], 2, /not for texts/],
    [['--window', '3', '--target', 'id'], 2, /--text and --window: Expected one of them/],
    [['--max-length', '3'], 2, /--max-length needs --embedding/],
    [['--embedding', '--max-length', '0'], 2, /--max-length/],
    [['--vocabulary', '-1'], 2, /--vocabulary/],
    [['--tokenizer', 'sentences'], 2, /words, characters, or a file that ends in \.json/],
    [['--tokenizer', 'bad.json'], 1, /./],
    [['--net', 'gru8'], 1, /for net but received 'gru8'/],
  ] as const) {
    const run = await blasnet(folder, [...args, ...more]);
    t.is(run.code, code, `${more.join(' ')}: ${run.errors}`);
    t.regex(run.errors, message);
    if (code === 2) t.is(run.output, '');
  }
  const alone = await blasnet(folder, ['train', 'messages.csv', '-l', 'label', '--embedding']);
  t.deepEqual([alone.code, alone.output], [2, '']);
  t.regex(alone.errors, /--embedding is for texts, whose column --text <column> names/);
});
