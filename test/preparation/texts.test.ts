// Nets for texts take texts, and answer with the names of classes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  ClassificationLayer,
  ConcatenateLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  HyperParameters,
  input,
  NeuralNet,
  type Preparation,
  SparseFullyConnectedLayer,
  Tensor,
  type TextOptions,
  TextReader,
} from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { get, type InferAnswer, post, servingApp } from '../support/serving.js';

const good = ['a great film', 'great and funny', 'funny, great, fine', 'fine actors'];
const bad = ['a dull film', 'dull and poor', 'poor, dull, boring', 'boring actors'];
const lines = [...good.map((text) => `"${text}",good`), ...bad.map((text) => `"${text}",bad`)];

async function readerOf(t: ExecutionContext, options: Partial<TextOptions> = {}): Promise<TextReader> {
  const train = await write(await temporaryFolder(t), 'films.csv', ['text,label', ...lines].join('\n'));
  const reader = new TextReader({ train, ...options });
  await reader.readData();
  return reader;
}

const params = () =>
  new HyperParameters({
    netType: 'binaryClassifier',
    optimizer: 'adam',
    learningRate: 0.1,
    maxEpoch: 60,
    batchSize: -1,
  });

async function trained(reader: TextReader, isBag = false): Promise<NeuralNet> {
  const net = new NeuralNet(params(), 'films');
  if (!isBag) {
    net.addLayer(new EmbeddingLayer(reader.tokenCount, 4, { maskZero: true })).addLayer(new GlobalAveragePool1dLayer());
  }
  net.addLayer(new FullyConnectedLayer(1)).addLayer(new ClassificationLayer('sigmoid'));
  await net.train(reader);
  return net;
}

for (const features of ['tokens', 'bag'] as const) {
  test(`predict, predictor, files and servers take texts › ${features}`, async (t) => {
    const reader = await readerOf(t, { features });
    const net = await trained(reader, features === 'bag');
    const texts = ['A GREAT one!', 'boring', 'unheard words', ''];
    const rows = texts.map((text) => ({ text, other: 1 }));
    const { outputs, classes } = await net.predict(texts);
    t.deepEqual(
      [outputs.shape, classes!.slice(0, 2)],
      [
        [4, 1],
        ['good', 'bad'],
      ],
    );
    const expected = [...outputs.data];
    t.deepEqual([...net.predictSync(rows).outputs.data], expected);
    const near = (a: ArrayLike<number>, b: readonly number[]) => b.every((value, i) => Math.abs(value - a[i]!) < 1e-6);
    t.true(near((await net.predict('boring')).outputs.data, [expected[1]!]));
    const predictor = net.predictor();
    const answers = await Promise.all(texts.map((text) => predictor.predict(text)));
    t.true(
      near(
        answers.map(({ outputs }) => outputs.data[0]!),
        expected,
      ),
    );

    const folder = await temporaryFolder(t);
    const file = join(folder, 'net.safetensors');
    await net.save(file);
    const loaded = await NeuralNet.load(file);
    t.deepEqual(loaded.preparation, net.preparation);
    t.deepEqual([...(await loaded.predict(texts)).outputs.data], expected);

    const app = await servingApp(t, { models: [{ name: 'm', net: loaded }] });
    const { inputs } = (await get(app, '/v2/models/m')).json as { inputs: unknown };
    t.deepEqual(inputs, [{ name: 'text', datatype: 'BYTES', shape: [-1], parameters: { text: true } }]);
    const answer = await post(app, '/v2/models/m/infer', {
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [4], data: texts }],
    });
    const [output, kind] = (answer.json as InferAnswer).outputs;
    t.true(near(output!.data as number[], expected));
    t.deepEqual(kind!.data, classes);

    await write(folder, 'new.csv', ['id,text', ...texts.map((text, i) => `${i},"${text}"`)].join('\n'));
    const csv = await blasnet(folder, ['predict', 'net.safetensors', 'new.csv', '--keep', 'id']);
    t.deepEqual([csv.errors, csv.output.split('\n')[0]], ['', 'id,class,p(good)']);
    t.deepEqual(
      csv.output
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[1]),
      classes,
    );
    const json = await blasnet(folder, ['predict', 'net.safetensors', '-'], { input: JSON.stringify(rows) });
    t.deepEqual(
      (JSON.parse(json.output) as { class: string }[]).map((row) => row.class),
      classes,
    );
    const inspected = await blasnet(folder, ['inspect', 'net.safetensors']);
    t.regex(inspected.output, new RegExp(`column text: text as ${features}, words of a vocabulary of 10`));
  });
}

test('a sparse layer of pairs computes what a layer of bags does', async (t) => {
  const options = {
    netType: 'binaryClassifier',
    optimizer: 'adam',
    dtype: 'float64',
    maxEpoch: 30,
    batchSize: 3,
  } as const;
  const nets = await Promise.all(
    (['bag', 'pairs'] as const).map(async (features) => {
      const reader = await readerOf(t, { features });
      const count = reader.tokenCount;
      const { '': bag, words: indices } = reader.namedTensors().inputs;
      const inputs = bag
        ? [input([bag.rowSize])]
        : [
            input([indices!.rowSize], { name: 'words', dtype: 'int32' }),
            input([indices!.rowSize], { name: 'weights' }),
          ];
      const first = bag ? new FullyConnectedLayer(count - 2, 3) : new SparseFullyConnectedLayer(count, 3);
      const hidden = new FullyConnectedLayer(1).apply(first.apply(inputs), 'last');
      const outputs = [new ClassificationLayer('sigmoid').apply(hidden)];
      const net = NeuralNet.fromGraph({ inputs, outputs }, new HyperParameters(options), features);
      // The numbers 0 and 1 are padding and unknown words.
      const W = Tensor.from(
        Float64Array.from({ length: (count - 2) * 3 }, (_, i) => Math.sin(i * i)),
        [count - 2, 3],
      );
      const padded = Tensor.from(new Float64Array(count * 3), [count, 3]);
      padded.data.set(W.data, 6);
      first.setWeights({ W: bag ? W : padded });
      await net.train(reader, { shuffle: false });
      return net;
    }),
  );
  const texts = ['a GREAT film', 'boring and poor', 'unheard words', '', ...good, ...bad];
  const [expected, received] = await Promise.all(nets.map((net) => net.predict(texts)));
  t.deepEqual(received!.classes, expected!.classes);
  expected!.outputs.data.forEach((value, i) => {
    t.true(Math.abs(received!.outputs.data[i]! - value) < 1e-9, texts[i]);
  });
});

test('pairs of words and weights are two inputs of a net, made of one text', async (t) => {
  const reader = await readerOf(t, { features: 'pairs' });
  const { words: indices } = reader.namedTensors().inputs;
  const words = input([indices!.rowSize], { name: 'words', dtype: 'int32' });
  const weights = input([indices!.rowSize], { name: 'weights' });
  const mean = new GlobalAveragePool1dLayer().apply(new EmbeddingLayer(reader.tokenCount, 3).apply(words));
  const joined = new ConcatenateLayer().apply([mean, weights]);
  const answer = new ClassificationLayer('sigmoid').apply(new FullyConnectedLayer(1).apply(joined));
  const net = NeuralNet.fromGraph({ inputs: [words, weights], outputs: [answer] }, params(), 'films');
  await net.train(reader);
  const { outputs, classes } = await net.predict(['great', 'a dull film']);
  t.deepEqual(classes, ['good', 'bad']);
  const row = {
    words: [[...indices!.data.slice(0, indices!.rowSize)]],
    weights: [[...reader.namedTensors().inputs.weights!.data.slice(0, indices!.rowSize)]],
  };
  t.deepEqual((await net.predict(good[0]!)).outputs.data, (await net.predict(row)).outputs.data);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const served = await post(app, '/v2/models/m/infer', {
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [2], data: ['great', 'a dull film'] }],
  });
  t.deepEqual(
    (served.json as InferAnswer).outputs[0]!.data.map((value) => Math.fround(value as number)),
    [...outputs.data],
  );
});

test('a tokenizer.json travels with the net', async (t) => {
  const url = new URL('../../../../test/fixtures/reference/texts.json', import.meta.url);
  const { tokenizer } = JSON.parse(await readFile(url, 'utf8')) as { tokenizer: object };
  const file = await write(await temporaryFolder(t), 'tokenizer.json', JSON.stringify(tokenizer));
  const net = await trained(await readerOf(t, { tokenizer: { file } }));
  const saved = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(saved);
  const loaded = await NeuralNet.load(saved);
  t.deepEqual((await loaded.predict(['great fun', 'dull'])).classes, ['good', 'bad']);
});

test('errors › another vocabulary, texts for other nets', async (t) => {
  const reader = await readerOf(t);
  const small = new NeuralNet(params(), 'small');
  small
    .addLayer(new EmbeddingLayer(10, 4))
    .addLayer(new GlobalAveragePool1dLayer())
    .addLayer(new FullyConnectedLayer(1));
  small.addLayer(new ClassificationLayer('sigmoid'));
  const message =
    /at most 10 numbers of tokens, which the net takes, for column 'text' but received 12; an EmbeddingLayer\(12/;
  await t.throwsAsync(small.train(reader), badArgument(message));
  small.preparation = reader.preparation;
  await t.throwsAsync(small.predict('great'), badArgument(message));
  small.preparation = (await readerOf(t, { vocabularySize: 8 })).preparation;
  t.is((await small.predict('great')).outputs.size, 1);

  const table = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'table');
  table.addLayer(new FullyConnectedLayer(2, 1));
  await t.throwsAsync(
    table.predict(untyped<Tensor>('great')),
    badArgument(/a Tensor, since the net's preparation names no columns/),
  );
  table.preparation = { inputShape: [2], featureNames: ['a', 'b'] };
  await t.throwsAsync(table.predict(untyped<Tensor>(['x', 'y'])), badArgument(/cells by column name for row 0/));
  const net = await trained(reader);
  await t.throwsAsync(net.predict([{ other: 'x' }]), badArgument(/a cell for row 0, column 'text'/));
  await t.throwsAsync(net.predict([{ text: null }]), badArgument(/a cell|not missing/));
});

test('a preparation of texts is checked', async (t) => {
  const reader = await readerOf(t, { features: 'bag' });
  const net = new NeuralNet(params(), 'films');
  const good = reader.preparation;
  const [column] = good.columns!;
  const set =
    (more: object, other: object = {}) =>
    () => {
      const text = { ...column!.text!, ...more };
      net.preparation = { ...good, columns: [{ ...column!, text, ...other }] } as Preparation;
    };
  set({})();
  t.deepEqual(net.preparation, good);
  t.throws(set({ tokenizer: 'x' }), badArgument(/columns\[0\].text.tokenizer/));
  t.throws(set({ tokenizer: { json: 5 } }), badArgument(/tokenizer.json/));
  t.throws(set({ tokenizer: { json: {} }, vocabulary: undefined }), badArgument(/the contents of a tokenizer.json/));
  t.throws(set({ lowerCase: 1 }), badArgument(/lowerCase/));
  t.throws(set({ locale: 1 }), badArgument(/locale/));
  t.throws(set({ locale: 'no language' }), badArgument(/locale/));
  t.throws(set({ vocabulary: ['a', 'a'] }), badArgument(/each token once/));
  t.throws(set({ vocabulary: 'a' }), badArgument(/vocabulary/));
  t.throws(set({ hashing: 4 }), badArgument(/one of vocabulary, hashing/));
  t.throws(set({ vocabulary: undefined }), badArgument(/one of vocabulary, hashing/));
  t.throws(set({ length: 3 }), badArgument(/text.length/));
  t.throws(set({ as: 'x' }), badArgument(/text.as/));
  t.throws(set({ keep: 'x' }), badArgument(/text.keep/));
  t.throws(set({ idf: [1] }), badArgument(/10 numbers above 0/));
  t.throws(set({ words: 1 }), badArgument(/but received 'words'/));
  t.throws(set({}, { text: undefined }), badArgument(/columns\[0\].text/));
  t.throws(set({}, { missing: 'unknown' }), badArgument(/columns\[0\].missing/));
  t.throws(set({}, { missingCells: ['x'] }), badArgument(/missingCells/));
  t.deepEqual(net.preparation, good);
});
