// Run by mpirun: trains a small net, and prints what ranks that share a validation and a test set find there.
//   node judge.mjs '{"kind":"classes","rows":1200,"spoils":true}'
import {
  ClassificationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  LstmLayer,
  MaskLayer,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { mpi } from 'blasnet/mpi';

const { kind, rows, spoils = false, odd } = JSON.parse(process.argv[2]);
const communicator = await mpi();
const { rank, size } = communicator;
const chunkRows = 256;

const forms = {
  classes: { xShape: [12], yShape: [3], netType: 'multipleClassifier', metrics: ['f1', 'rocAuc', 'topK'] },
  answers: { xShape: [12], yShape: [1], netType: 'binaryClassifier', metrics: ['rocAuc', 'prAuc', 'logLoss'] },
  fitting: { xShape: [12], yShape: [2], netType: 'fitting', metrics: ['r2', 'meanAbsoluteError'] },
  images: { xShape: [1, 8, 8], yShape: [3], netType: 'multipleClassifier', metrics: ['f1'] },
  steps: { xShape: [6, 4], yShape: [6, 3], netType: 'multipleClassifier', metrics: ['f1', 'rocAuc'] },
};
const { xShape, yShape, netType, metrics } = forms[kind];

let state = 11;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
};

function setOf(count) {
  const [width, outputs] = [xShape, yShape].map((shape) => shape.reduce((product, length) => product * length, 1));
  const x = Float32Array.from({ length: count * width }, random);
  const y = new Float32Array(count * outputs);
  const classes = yShape.at(-1);
  for (let at = 0; at < y.length; at += classes) {
    if (netType === 'fitting') for (let i = 0; i < classes; i++) y[at + i] = random();
    else if (classes === 1) y[at] = random() > 0 ? 1 : 0;
    else y[at + Math.floor((random() + 1) * 1.49)] = 1;
  }
  // Sequences of 1 to 6 steps.
  if (kind === 'steps') for (let i = 0; i < count; i++) x.fill(0, i * width + 4 * (1 + (i % 6)), (i + 1) * width);
  return [Tensor.from(x, [count, ...xShape]), Tensor.from(y, [count, ...yShape])];
}

function netOf() {
  const params = new HyperParameters({ netType, metrics, maxEpoch: 2, batchSize: 32, optimizer: 'adam', seed: 3 });
  const net = new NeuralNet(params, 'net');
  if (kind === 'images') net.addLayer(new ConvLayer({ filters: 4, kernelSize: 3 })).addLayer(new FlattenLayer());
  if (kind === 'steps') net.addLayer(new MaskLayer()).addLayer(new LstmLayer(5, { returnSequences: true }));
  net.addLayer(new FullyConnectedLayer(yShape.at(-1)));
  if (netType === 'fitting') return net;
  return net.addLayer(new ClassificationLayer(kind === 'answers' ? 'sigmoid' : 'softmax'));
}

const [xTrain, yTrain] = setOf(70);
const [xValidation, yValidation] = setOf(rows);
const [xTest, yTest] = setOf(rows - 1);
if (odd === rank) xTest.data[0] += 1;
const reader = DataReader.fromTensors({ xTrain, yTrain, xValidation, yValidation, xTest, yTest });

/** Once ranks have agreed on the data: makes a rank's rows useless, but for the chunks that are its own. */
function spoil({ data, rows: count, rowSize }) {
  const passRows = size * chunkRows;
  for (let from = 0; from < count; from += chunkRows) {
    const chunks = Math.ceil(Math.min(passRows, count - (from - (from % passRows))) / chunkRows);
    const isOwn = chunks === 1 || Math.floor((from % passRows) / chunkRows) === rank;
    if (!isOwn) data.fill(Number.NaN, from * rowSize, Math.min(count, from + chunkRows) * rowSize);
  }
}

const callback = {
  onTrainBegin: () => {
    if (spoils) for (const x of [xValidation, xTest]) spoil(x);
  },
};

try {
  const net = netOf();
  const { records, test } = await net.train(reader, { communicator, shards: 4, needTest: true, callbacks: [callback] });
  const validation = records.map(({ lossValidation, accuracyValidation, validationMetrics }) => ({
    ...{ lossValidation, accuracyValidation, validationMetrics },
  }));
  const alone = spoils ? undefined : [net.test(xValidation, yValidation), net.test(xTest, yTest)];
  process.stdout.write(`${JSON.stringify({ rank, validation, test, alone })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ rank, code: error.code, message: error.message })}\n`);
}
