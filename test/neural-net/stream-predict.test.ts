// Raw steps: answers as those for whole windows of raw numbers.
import test, { type ExecutionContext } from 'ava';
import {
  ClassificationLayer,
  DataReader,
  EmbeddingLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  input,
  LstmLayer,
  NeuralNet,
  type Prediction,
  Tensor,
  TextReader,
  timeSeriesFromCsv,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { randomTensor } from '../support/numerics.js';
import { series, seriesNet } from '../support/series-nets.js';

const fitting = () => new HyperParameters({ netType: 'fitting', maxEpoch: 2, optimizer: 'adam', seed: 3 });
const { load, heat } = series;

/** The last of several raw steps' answers. */
async function last(t: ExecutionContext, net: NeuralNet, steps: readonly (number[] | object)[]): Promise<Prediction> {
  const stream = net.stream();
  const answers = await Promise.all(steps.map((step) => stream.predict(step as number[])));
  t.is(answers.length, steps.length);
  return answers.at(-1)!;
}

test('raw steps of a time series give the forecast of the raw window, in its units', async (t) => {
  const net = await seriesNet();
  const whole = await net.predict({ load: load.slice(10, 18), heat: heat.slice(10, 18) });
  t.true(whole.outputs.data[1]! > 1000, 'in units of heat');
  const numbers = load.slice(10, 18).map((value, i) => [value, heat[10 + i]!]);
  t.deepEqual(await last(t, net, numbers), whole);
  t.deepEqual(
    await last(
      t,
      net,
      numbers.map(([value, other]) => ({ heat: other, load: value })),
    ),
    whole,
  );
  t.deepEqual(
    await last(
      t,
      net,
      numbers.map((step) => Float64Array.from(step)),
    ),
    whole,
  );
});

test('calls are computed in their order, among other calls of the net', async (t) => {
  const net = await seriesNet();
  const window = Tensor.from(
    load.slice(0, 8).flatMap((value, i) => [value, heat[i]!]),
    [1, 8, 2],
  );
  const alone = await net.predict(window);
  const stream = net.stream();
  const answers: Promise<Prediction>[] = [];
  const others: Promise<Prediction>[] = [];
  for (let step = 0; step < 8; step++) {
    answers.push(stream.predict([load[step]!, heat[step]!]));
    others.push(net.predict(window));
  }
  t.throws(() => stream.step([0, 0]), { code: 'ERR_NET_BUSY' });
  t.deepEqual((await Promise.all(answers)).at(-1), alone);
  for (const other of await Promise.all(others)) t.deepEqual(other, alone);
});

test('several sequences take cells or rows of numbers', async (t) => {
  const net = await seriesNet();
  const stream = net.stream({ rows: 2 });
  const first = await stream.predict([
    { load: 50, heat: 2000 },
    { load: 60, heat: 2500 },
  ]);
  stream.reset();
  const again = await stream.predict(
    Tensor.from([
      [50, 2000],
      [60, 2500],
    ]),
  );
  t.deepEqual(first, again);
  t.deepEqual(first.outputs.shape, [2, 6]);
  await t.throwsAsync(stream.predict({ load: 50, heat: 2000 }), shapeMismatch(/2 sequences.*1/));
});

test('cells are encoded as the columns of a file were', async (t) => {
  const rows = load
    .slice(0, 40)
    .map((value, i) => `2025-01-01T${String(i % 24).padStart(2, '0')}:00,${value},${i % 3 ? 'no' : 'yes'}`);
  const path = await write(await temporaryFolder(t), 'load.csv', ['time,load,holiday', ...rows, ''].join('\n'));
  const options = {
    length: 6,
    horizon: 2,
    target: 'load',
    categorical: { holiday: 'oneHot' },
    ignore: ['time'],
  } as const;
  const net = new NeuralNet(fitting(), 'load').addLayer(new LstmLayer(4)).addLayer(new FullyConnectedLayer(2));
  await net.train(await timeSeriesFromCsv(path, options), { progress: false });
  const cells = rows.slice(0, 6).map((row) => ({ load: row.split(',')[1]!, holiday: row.split(',')[2]! }));
  t.deepEqual(await last(t, net, cells), await net.predict(cells));
  await t.throwsAsync(net.stream().predict({ load: 1, holiday: 'maybe' }), badArgument(/column 'holiday'.*maybe/));
  await t.throwsAsync(net.stream().predict({ load: 1 }), badArgument(/'holiday'/));
});

test('a step that is refused leaves the state as it was', async (t) => {
  const net = await seriesNet();
  const stream = net.stream();
  await stream.predict([50, 2000]);
  const { state } = stream;
  await t.throwsAsync(stream.predict([50]), shapeMismatch(/2 numbers/));
  await t.throwsAsync(stream.predict({ load: 1, heat: 'x' }), badArgument(/column 'heat'/));
  await t.throwsAsync(stream.predict('50' as unknown as number), badArgument(/./));
  t.deepEqual(stream.state, state);
});

test('a net without a preparation answers classes; steps of several inputs go by name', async (t) => {
  const tokens = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier' }), 'tokens');
  tokens.addLayer(new EmbeddingLayer(10, 4)).addLayer(new GruLayer(5, { returnSequences: true }));
  tokens.addLayer(new FullyConnectedLayer(4)).addLayer(new ClassificationLayer('softmax'));
  const first = tokens.inference(Tensor.from(Int32Array.of(3), [1, 1]));
  const { outputs, classes } = await tokens.stream().predict(3);
  t.deepEqual(outputs.data, first.data);
  t.is(classes?.length, 1);

  const series = input([6, 2], { name: 'series' });
  const shop = input([3], { name: 'shop' });
  const state = new LstmLayer(4).apply(series);
  const parts = [new FullyConnectedLayer(1).apply(state, 'sales'), new FullyConnectedLayer(1).apply(shop, 'shelf')];
  const net = NeuralNet.fromGraph({ inputs: [series, shop], outputs: parts }, fitting(), 'net');
  const x = { series: randomTensor([9, 6, 2], 1).clone('float32'), shop: randomTensor([9, 3], 2).clone('float32') };
  const y = { sales: randomTensor([9, 1], 3).clone('float32'), shelf: randomTensor([9, 1], 4).clone('float32') };
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  reader.normalizeY('fitting');
  await net.train(reader, { progress: false });
  const whole = await net.predict<Record<string, Prediction>>({
    series: x.series.slice(0, 1),
    shop: x.shop.slice(0, 1),
  });
  const stream = net.stream();
  let answers: Record<string, Prediction> = {};
  for (let step = 0; step < 6; step++) {
    const one = x.series.data.slice(2 * step, 2 * step + 2);
    answers = await stream.predict<Record<string, Prediction>>({ series: one, shop: x.shop.slice(0, 1) });
  }
  t.deepEqual(answers, whole);
  await t.throwsAsync(stream.predict({ series: [1, 2] }), badArgument(/'series', 'shop'/));
  await t.throwsAsync(stream.predict([1, 2]), badArgument(/by the names of the inputs/));
});

test('preparations that say nothing about single steps are refused', async (t) => {
  const each = DataReader.fromTensors({ xTrain: randomTensor([9, 4, 2], 1), yTrain: randomTensor([9, 1], 2) });
  each.normalizeX();
  const net = new NeuralNet(fitting(), 'net').addLayer(new GruLayer(2)).addLayer(new FullyConnectedLayer(1));
  await net.train(each, { progress: false });
  await t.throwsAsync(net.stream().predict([1, 2]), badArgument(/same for each step.*stream\.step/));

  const path = await write(await temporaryFolder(t), 'texts.csv', 'text,label\na b,x\nb c,y\na a,x\nc c,y\n');
  const reader = new TextReader({ train: path, maxLength: 3 });
  await reader.readData();
  const texts = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier', maxEpoch: 1 }), 'texts');
  texts.addLayer(new EmbeddingLayer(reader.tokenCount, 2)).addLayer(new GruLayer(2));
  texts.addLayer(new FullyConnectedLayer(1)).addLayer(new ClassificationLayer('sigmoid'));
  await texts.train(reader, { progress: false });
  await t.throwsAsync(texts.stream().predict(3), badArgument(/columns for each step.*'text'.*stream\.step/));
  t.is(texts.stream().step(3).size, 1);
  t.throws(() => new NeuralNet(fitting(), 'flat').addLayer(new FlattenLayer()).stream(), badArgument(/Flatten/i));
});
