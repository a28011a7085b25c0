import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  ConvLayer,
  type DType,
  FlattenLayer,
  FullyConnectedLayer,
  type Layer,
  type NetType,
  NeuralNet,
  type Preparation,
  Tensor,
} from 'blasnet';
import { modelCodec } from '#blasnet/onnx/schema';
import { excerptReader } from '../support/cifar.js';
import { readCsv } from '../support/csv.js';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor, uniforms } from '../support/numerics.js';
import { netOf } from './nets.js';
import { runtimeOf } from './runtime.js';

interface Case {
  readonly layers: () => Layer[];
  readonly netType?: NetType;
  readonly preparation: Preparation;
  readonly float32Only?: true;
}

const dense = () => [new FullyConnectedLayer(4, 5), new ActivationLayer('tanh'), new FullyConnectedLayer(5, 2)];
const classifier = () => [new FullyConnectedLayer(12, 3), new ClassificationLayer('softmax')];
const convolution = () => [
  new ConvLayer({ inputShape: [3, 2, 2], filters: 4, kernelSize: 2 }),
  new FlattenLayer(),
  new FullyConnectedLayer(4, 1),
];
const channels = { per: 'channel', divisor: 255, offset: [0.4, 0.5, 0.6], scale: [4, 5, 3] } as const;
const columns = { per: 'column', divisor: 1, offset: [1, -2000, 0, 7], scale: [0.5, 1e-3, 1, 0] } as const;

const cases: Readonly<Record<string, Case>> = {
  'columns, one of them constant, and labels': {
    layers: dense,
    preparation: {
      inputShape: [4],
      x: columns,
      y: { offset: [75_000, 0], scale: [7.6e6, 3] },
      featureNames: ['a', 'b', 'c', 'd'],
      columns: ['a', 'b', 'c', 'd'].map((name) => ({ name, encoding: 'none', missingCells: [], missing: 'error' })),
    },
  },
  'columns by mean and deviation, labels by mean and deviation': {
    layers: dense,
    preparation: {
      inputShape: [4],
      x: {
        per: 'column',
        divisor: 1,
        offset: [127.3, 98.61, 101.7, 0],
        scale: [1 / 73.1, 1 / 41.9, 1 / 55.55, 1],
      },
      y: { offset: [180_921.2, -3.25], scale: [79_442.5, 0.4] },
    },
  },
  'columns by median and quartiles, most of a column far away': {
    layers: dense,
    preparation: {
      inputShape: [4],
      x: { per: 'column', divisor: 1, offset: [12_500, -0.75, 3, 200], scale: [1 / 900, 4, 1, 1 / 0.5] },
      y: { offset: [163_000, 0], scale: [84_025, 1] },
    },
  },
  'labels that are only shifted': {
    layers: dense,
    preparation: { inputShape: [4], y: { offset: [5, 6], scale: [1, 1] } },
  },
  'a divisor alone': {
    netType: 'multipleClassifier',
    layers: classifier,
    preparation: {
      inputShape: [12],
      x: { per: 'channel', divisor: 255, offset: [0], scale: [1] },
      classes: ['cat', 'dog', '__proto__'],
    },
  },
  'channels of flat rows': {
    netType: 'multipleClassifier',
    layers: classifier,
    preparation: { inputShape: [12], image: [3, 2, 2], x: channels, classes: ['0', '1', '2'] },
  },
  'channels of images': { float32Only: true, layers: convolution, preparation: { inputShape: [3, 2, 2], x: channels } },
  'channels of flat rows that are taken as images': {
    float32Only: true,
    layers: convolution,
    preparation: { inputShape: [12], image: [3, 2, 2], x: channels, y: { offset: [1], scale: [2] } },
  },
  'columns of images': {
    float32Only: true,
    layers: convolution,
    preparation: {
      inputShape: [3, 2, 2],
      x: { per: 'column', divisor: 10, offset: Array.from(uniforms(12, 1)), scale: Array.from(uniforms(12, 2)) },
    },
  },
  'classes alone': {
    netType: 'multipleClassifier',
    layers: classifier,
    preparation: { inputShape: [12], classes: ['a', 'b', 'c'] },
  },
};

async function exported(t: ExecutionContext, net: NeuralNet): Promise<string> {
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file);
  return file;
}

/** The differences between the answers of a net and those of onnxruntime, relative to the largest. */
async function answersDiffer(net: NeuralNet, file: string, raw: Tensor): Promise<string[]> {
  const { outputs } = await net.predict(raw);
  const largest = Math.max(1, ...Array.from(outputs.data, Math.abs));
  return differences(await (await runtimeOf(file))(raw), outputs.data, { rtol: 0, atol: 1e-5 * largest });
}

for (const dtype of ['float32', 'float64'] as const satisfies DType[]) {
  for (const [name, { preparation, float32Only, ...rest }] of Object.entries(cases)) {
    test(`a net is exported with its preparation, and comes back with it, ${dtype}: ${name}`, async (t) => {
      const net = netOf(rest, dtype);
      net.preparation = preparation;
      const file = await exported(t, net);
      const { inputShape = [] } = preparation;
      const raw = randomTensor([7, ...inputShape], 1, 0, 255).clone(dtype);
      if (dtype === 'float32' || !float32Only) t.deepEqual(await answersDiffer(net, file, raw), []);
      const read = await NeuralNet.fromOnnx(file);
      t.deepEqual(read.preparation, net.preparation);
      t.is(read.layers.length, net.layers.length);
      const [answers, expected] = [await read.predict(raw), await net.predict(raw)];
      t.deepEqual(answers.outputs.data, expected.outputs.data);
      t.deepEqual(answers.classes, expected.classes);
    });
  }
}

test('a net is exported without its preparation where that is wanted', async (t) => {
  const net = netOf({ netType: 'multipleClassifier', layers: classifier });
  net.preparation = cases['channels of flat rows']!.preparation;
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file, { preparation: false });
  const x = randomTensor([3, 12], 1).clone('float32');
  t.deepEqual(differences(await (await runtimeOf(file))(x), net.inference(x).data, { rtol: 0, atol: 1e-5 }), []);
  t.is((await NeuralNet.fromOnnx(file)).preparation, undefined);
  const { metadataProps } = (await modelCodec()).decode(await readFile(file), file);
  t.deepEqual(
    metadataProps.map(({ key, value }) => [key, value]),
    [
      ['blasnet.netType', 'multipleClassifier'],
      ['classes', '["0","1","2"]'],
    ],
  );
});

test('a net trained on a CSV file answers in its units, in onnxruntime too', async (t) => {
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${i},${['red', 'green', 'blue'][i % 3]},5,${1000 + 30 * i + (i % 3)}`,
  );
  const reader = await readCsv(t, {
    train: ['size,colour,constant,price', ...rows].join('\n'),
    label: 'price',
    categorical: { colour: 'oneHot' },
  });
  reader.normalizeX();
  reader.normalizeY('fitting');
  const net = netOf({
    layers: () => [new FullyConnectedLayer(5, 6), new ActivationLayer('relu'), new FullyConnectedLayer(6, 1)],
  });
  await net.train(reader);
  const file = await exported(t, net);
  const raw = Tensor.from([
    [10, 1, 0, 0, 5],
    [40, 0, 1, 0, 5],
  ]);
  t.deepEqual(await answersDiffer(net, file, raw), []);
  const read = await NeuralNet.fromOnnx(file);
  const row = { size: '10', colour: 'red', constant: '5' };
  t.deepEqual((await read.predict([row])).outputs.data, (await net.predict([row])).outputs.data);
});

test('a net trained on images answers for raw pixels, in onnxruntime too', async (t) => {
  const reader = await excerptReader();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const layers = () => [
    new ConvLayer({ inputShape: [3, 32, 32], filters: 4, kernelSize: 5, stride: 3 }),
    new ActivationLayer('relu'),
    new FlattenLayer(),
    new FullyConnectedLayer(4 * 10 * 10, 10),
    new ClassificationLayer('softmax'),
  ];
  const net = netOf({ netType: 'multipleClassifier', layers });
  await net.train(reader);
  const file = await exported(t, net);
  const raw = randomTensor([4, ...net.preparation!.inputShape!], 1, 0, 255).clone('float32');
  t.deepEqual(await answersDiffer(net, file, raw), []);
  t.deepEqual((await (await NeuralNet.fromOnnx(file)).predict(raw)).classes, (await net.predict(raw)).classes);
});
