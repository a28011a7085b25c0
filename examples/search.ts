// Searches for the learning rate and the width of a net that tells irises apart: each candidate is trained on five folds.
// Alone, or on several processes: mpirun -n 4 --bind-to none node build/dev/examples/run.js search

import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { mpi, shareOut } from 'blasnet/mpi';
import { dataFile } from './support/data-files.js';

const folds = 5;
const communicator = await mpi();

const all = new DataReader({ train: dataFile('iris/iris.csv'), label: 'species' });
await all.readData();
all.normalizeX();
all.normalizeY('multipleClassifier');
all.shuffle(1);
const { xTrain: x, yTrain: y } = all;

/** The rows whose number is the fold's modulo the number of folds, or all others. */
function rowsOf(tensor: Tensor, isWanted: (row: number) => boolean): Tensor {
  const rows = tensor.toArray() as number[][];
  return Tensor.from(rows.filter((_, row) => isWanted(row)));
}

/** The validation loss of a net that is trained on all folds but one. */
async function lossOf({ learningRate, width, fold }: { learningRate: number; width: number; fold: number }) {
  const isHeldOut = (row: number) => row % folds === fold;
  const reader = DataReader.fromTensors({
    xTrain: rowsOf(x, (row) => !isHeldOut(row)),
    yTrain: rowsOf(y, (row) => !isHeldOut(row)),
    xValidation: rowsOf(x, isHeldOut),
    yValidation: rowsOf(y, isHeldOut),
  });
  const params = new HyperParameters({ netType: 'multipleClassifier', optimizer: 'adam', learningRate, maxEpoch: 60 });
  const net = new NeuralNet(params, 'iris');
  net.addLayer(new FullyConnectedLayer(width)).addLayer(new ActivationLayer('tanh'));
  net.addLayer(new FullyConnectedLayer(3)).addLayer(new ClassificationLayer('softmax'));
  const { records } = await net.train(reader, { checkpoint: 60 });
  return records.at(-1)!.lossValidation!;
}

const candidates = [0.003, 0.01, 0.03].flatMap((learningRate) => [4, 16].map((width) => ({ learningRate, width })));
const tasks = candidates.flatMap((candidate) => Array.from({ length: folds }, (_, fold) => ({ ...candidate, fold })));
const losses = await shareOut(communicator, tasks, lossOf);

if (communicator.rank === 0) {
  const means = candidates.map((_, i) => {
    const own = losses.slice(i * folds, (i + 1) * folds);
    return own.reduce((sum, loss) => sum + loss, 0) / folds;
  });
  for (const [i, { learningRate, width }] of candidates.entries()) {
    console.log(`learning rate ${learningRate}, ${width} units: loss ${means[i]!.toFixed(4)}`);
  }
  const { learningRate, width } = candidates[means.indexOf(Math.min(...means))]!;
  console.log(`best of ${tasks.length} nets: learning rate ${learningRate}, ${width} units`);
}
