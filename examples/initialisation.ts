// What the first weights do: zeros leave all units of a layer equal; too small or too large ones silence a deep net.
// npm run example -- initialisation [--epochs N] [--seed N]

import {
  type Activation,
  ActivationLayer,
  BlasnetError,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  type InitMethod,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { histogramChart, type Panel, trellis } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { curveData, curveNet } from './support/curve.js';
import { pictures } from './support/pictures.js';
import { normalNumbers } from './support/random.js';
import { spirals } from './support/spirals.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 30, seed: 1 });
const save = pictures('initialisation');
const methods = ['normal', 'xavier', 'msra'] as const;
const activations = ['sigmoid', 'tanh', 'relu'] as const;
const [depth, width] = [6, 100];

console.log('A net 1-4-1 after 100 epochs from weights of zero: its four units are one and the same.');
const zero = curveNet({ learningRate: 0.5, stopLoss: 0, epochs: 100, seed, initMethod: 'zero' });
await zero.train(curveData());
['hidden', 'output'].forEach((name, i) => {
  for (const [key, { data }] of Object.entries(zero.getLayer(name).weights)) {
    console.log(`${key}${i + 1} = [${Array.from(data, (value) => value.toFixed(6)).join(', ')}]`);
  }
});

/** `depth` hidden layers, and an output of three classes. */
function deepNet(inputs: number, initMethod: InitMethod, activation: Activation): NeuralNet {
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    initMethod,
    learningRate: 0.05,
    batchSize: 10,
    maxEpoch: epochs,
    seed,
  });
  const net = new NeuralNet(params, `${initMethod} and ${activation}`);
  for (let i = 0; i < depth; i++) {
    net.addLayer(new FullyConnectedLayer(i === 0 ? inputs : width, width)).addLayer(new ActivationLayer(activation));
  }
  return net.addLayer(new FullyConnectedLayer(width, 3)).addLayer(new ClassificationLayer('softmax'));
}

/** How the numbers behind each activation layer are distributed, for an input from N(0, 1). */
function activationPanels(net: NeuralNet, activation: Activation, method: InitMethod): Panel[] {
  let x = Tensor.from(normalNumbers(1000 * width, 1, 7), [1000, width]);
  const domain = { sigmoid: [0, 1], tanh: [-1, 1], relu: [0, 3] }[activation as (typeof activations)[number]];
  return net.layers.slice(0, 2 * depth).flatMap((layer, i) => {
    x = layer.forward(x, false);
    if (i % 2 === 0) return [];
    const title = `${method}, layer ${(i + 1) / 2}`;
    const options = { domain: [domain[0]!, domain[1]!], maxShare: 0.3, bins: 30, width: 110, height: 80 } as const;
    return [histogramChart(x.data, { ...options, title, x: '', y: '' })];
  });
}

for (const activation of activations) {
  const panels = methods.flatMap((method) => activationPanels(deepNet(width, method, activation), activation, method));
  const subtitle = 'Shares of the values; bars end at 30 %, values beyond an axis count in its last bar';
  await save(activation, trellis(panels, { title: `Activations of ${activation}`, subtitle, columns: depth }));
}

const rows: (string | number)[][] = [];
for (const activation of activations) {
  for (const method of ['zero', ...methods] as const) {
    const reader = DataReader.fromTensors(spirals(500, seed));
    reader.normalizeY('multipleClassifier');
    const net = deepNet(2, method, activation);
    try {
      const { records } = await net.train(reader);
      const { lossTrain, accuracyTrain } = records.at(-1)!;
      rows.push([
        activation,
        method,
        lossTrain.toFixed(4),
        accuracyTrain.toFixed(4),
        accuracyTrain > 0.9 ? 'yes' : 'no',
      ]);
    } catch (error) {
      if (!(error instanceof BlasnetError && error.code === 'ERR_NOT_FINITE')) throw error;
      rows.push([activation, method, 'not finite', '-', 'no']);
    }
  }
}
console.log(
  `\nThree spirals, ${depth} hidden layers of ${width}, ${epochs} epochs (a guess: loss 1.0986, accuracy 0.3333)`,
);
printTable(['activation', 'initialisation', 'loss', 'accuracy', 'trains'], rows);
