// A short training of each kind of net, on numbers that are computed, with a saved and a loaded model: shows that an
// addon works on a platform. Prints versions and losses as JSON, in one line; the same seed gives the same losses.
// Usage: node smoke.mjs [module [file]]
//   module   where blasnet is imported from: a name, a path or a URL (default: blasnet)
//   file     where the line is written to instead of printed
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [from = 'blasnet', file] = process.argv.slice(2);
const isPath = /^[./\\]|^[A-Za-z]:[\\/]/.test(from);
const blasnet = await import(isPath ? pathToFileURL(resolve(from)).href : from);
const { ActivationLayer, ClassificationLayer, ConvLayer, DataReader, FlattenLayer } = blasnet;
const { FullyConnectedLayer, HyperParameters, LstmLayer, MaxPoolLayer, NeuralNet, Tensor, versions } = blasnet;

/** Numbers between 0 and 1 by Park and Miller's generator: exact whole numbers, so the same everywhere. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Rows of `size` numbers, a spot of light whose place says the class, and one-hot labels. */
function spots(rows, size, classes) {
  const random = randomNumbers(7);
  const x = [];
  const y = [];
  for (let row = 0; row < rows; row++) {
    const label = row % classes;
    const centre = ((label + 0.5) * size) / classes;
    x.push(Array.from({ length: size }, (_, i) => 0.4 * random() + 1 / (1 + (16 * (i - centre) ** 2) / size)));
    y.push(Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)));
  }
  return { x, y };
}

const nets = {
  dense: () => [
    new FullyConnectedLayer(144, 32),
    new ActivationLayer('relu'),
    new FullyConnectedLayer(32, 4),
    new ClassificationLayer('softmax'),
  ],
  conv: () => [
    new ConvLayer({ inputShape: [1, 12, 12], filters: 8, kernelSize: 3 }),
    new ActivationLayer('relu'),
    new MaxPoolLayer({ inputShape: [8, 10, 10], poolSize: 2 }),
    new FlattenLayer(),
    new FullyConnectedLayer(200, 4),
    new ClassificationLayer('softmax'),
  ],
  lstm: () => [new LstmLayer(16), new FullyConnectedLayer(16, 4), new ClassificationLayer('softmax')],
};
const shapes = { dense: [144], conv: [1, 12, 12], lstm: [12, 12] };

/** Losses of one training, and the loaded model's first answer. */
async function train(kind, dtype, folder) {
  const { x, y } = spots(256, 144, 4);
  const tensor = (rows, shape) => Tensor.from(rows.flat(), [rows.length, ...shape], dtype);
  const xTrain = tensor(x, shapes[kind]);
  const reader = DataReader.fromTensors({ xTrain, yTrain: tensor(y, [4]) });
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    optimizer: 'adam',
    learningRate: 0.002,
    batchSize: 32,
    maxEpoch: 6,
    seed: 3,
    dtype,
  });
  const net = new NeuralNet(params, `${kind}-${dtype}`);
  for (const layer of nets[kind]()) net.addLayer(layer);
  const losses = [];
  await net.train(reader, { checkpoint: 1, onCheckpoint: ({ lossTrain }) => losses.push(lossTrain) });
  const path = join(folder, `${kind}-${dtype}.safetensors`);
  await net.save(path);
  const loaded = await NeuralNet.load(path);
  const rows = xTrain.slice(0, 3);
  const before = net.inference(rows).toArray();
  const after = loaded.inference(rows).toArray();
  if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error(`${kind}: the loaded net answers otherwise`);
  return { losses, first: after[0] };
}

const folder = mkdtempSync(join(tmpdir(), 'blasnet-smoke-'));
try {
  const results = {};
  for (const dtype of ['float32', 'float64']) {
    for (const kind of Object.keys(nets)) results[`${kind} ${dtype}`] = await train(kind, dtype, folder);
  }
  const line = JSON.stringify({ platform: `${process.platform}-${process.arch}`, versions, results });
  if (file) writeFileSync(file, line);
  else console.log(line);
} finally {
  rmSync(folder, { recursive: true });
}
