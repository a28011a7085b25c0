// A run that goes on from its checkpoint where there is one. Usage: node checkpoint.mjs FILE EPOCHS [THREADS]
// Says 'training' when it begins, and then 'done', or what went wrong.
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import {
  ActivationLayer,
  BatchNormLayer,
  DataReader,
  DropoutLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  setThreads,
  Tensor,
} from 'blasnet';

const [, , file, epochs, threads = '1'] = process.argv;
setThreads(Number(threads));

const rows = 1003;
const columns = 40;
const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 12.9898) * 3);
const labels = Float32Array.from({ length: rows }, (_, i) => Math.sin(data[i * columns]) + data[i * columns + 1]);
const reader = DataReader.fromTensors({
  xTrain: Tensor.from(data, [rows, columns]),
  yTrain: Tensor.from(labels, [rows, 1]),
});
reader.normalizeX();
reader.normalizeY('fitting');
reader.generateValidationSet(7);

function fresh() {
  const params = new HyperParameters({
    netType: 'fitting',
    optimizer: 'adam',
    learningRate: 0.002,
    batchSize: 32,
    maxEpoch: Number(epochs),
    learningRateSchedule: { kind: 'reduceOnPlateau', patience: 5, factor: 0.7 },
    seed: 9,
  });
  return new NeuralNet(params, 'killed')
    .addLayer(new FullyConnectedLayer(columns, 96))
    .addLayer(new BatchNormLayer(96))
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new DropoutLayer(0.1))
    .addLayer(new FullyConnectedLayer(96, 96))
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(96, 1));
}

const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)) && !name.endsWith('.tmp'));
const net = names.length > 0 ? await NeuralNet.resume(file) : fresh();
console.log('training');
try {
  await net.train(reader, { checkpoint: 0.5, checkpointFile: file, checkpointEvery: 0.5, keepCheckpoints: 3 });
  console.log('done');
} catch (error) {
  console.log(`${error.code} ${error.message}`);
}
