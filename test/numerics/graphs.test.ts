// Training of graphs against PyTorch's autograd in float64; see test/fixtures/reference/graphs.py.
import test from 'ava';
import {
  ActivationLayer,
  AddLayer,
  ConcatenateLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  input,
  type Layer,
  MultiplyLayer,
  NeuralNet,
  type Node,
  SubtractLayer,
} from 'blasnet';
import { badArgument } from '../support/errors.js';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';

interface GraphRun {
  readonly params: Partial<HyperParameterOptions> & { readonly maxEpoch: number; readonly batchSize: number };
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly y: Numbers;
  readonly start: Readonly<Record<string, Readonly<Record<'W' | 'B', Numbers>>>>;
  readonly end: GraphRun['start'];
  readonly outputs: Numbers;
}

/** The layers of a run by their names, and activations by theirs. */
type Layers = (name: string) => Layer;

const activated = (name: 'tanh' | 'relu', node: Node) => new ActivationLayer(name).apply(node);

/** Outputs of a graph, from its inputs by name. */
const graphs: Readonly<Record<string, (layer: Layers, nodes: Readonly<Record<string, Node>>) => Node>> = {
  residual(layer, { x }) {
    const hidden = activated('tanh', layer('in').apply(x!, 'in'));
    const inner = layer('b').apply(activated('tanh', layer('a').apply(hidden, 'a')), 'b');
    const sum = activated('relu', new AddLayer().apply([hidden, inner]));
    const wide = new AddLayer().apply([layer('wide').apply(sum, 'wide'), layer('shortcut').apply(sum, 'shortcut')]);
    return layer('out').apply(activated('relu', wide), 'out');
  },
  shared(layer, { x }) {
    const once = activated('tanh', layer('shared').apply(x!, 'shared'));
    const twice = activated('tanh', layer('shared').apply(once));
    const both = new ConcatenateLayer().apply([new MultiplyLayer().apply([once, twice]), x!]);
    return layer('out').apply(both, 'out');
  },
  siamese(layer, { a, b }) {
    const [left, right] = [layer('look').apply(a!, 'look'), layer('look').apply(b!)].map((node) =>
      activated('tanh', node),
    );
    return layer('out').apply(new SubtractLayer().apply([left!, right!]), 'out');
  },
};

function netOf(name: string, { params, inputs, start }: GraphRun): NeuralNet {
  const isSingle = Object.keys(inputs).length === 1;
  const nodes = Object.fromEntries(
    Object.entries(inputs).map(([key, { shape }]) => [key, input(shape.slice(1), isSingle ? {} : { name: key })]),
  );
  const layers = Object.fromEntries(
    Object.entries(start).map(([key, { W, B }]) => {
      const layer = new FullyConnectedLayer(W.shape[0]!, W.shape[1]!, { dtype: 'float64' });
      layer.setWeights({ W: tensorOf(W), B: tensorOf(B) });
      return [key, layer];
    }),
  );
  const output = graphs[name]!((key) => layers[key]!, nodes);
  const options = new HyperParameters({ netType: 'fitting', dtype: 'float64', ...params });
  return NeuralNet.fromGraph({ inputs: Object.values(nodes), outputs: [output] }, options, name);
}

for (const [name, runs] of Object.entries(await readReference<Record<string, GraphRun[]>>('graphs'))) {
  for (const run of runs) {
    test(`${name}, ${run.params.optimizer}: weights and outputs after training`, async (t) => {
      const net = netOf(name, run);
      const tensors = Object.fromEntries(Object.entries(run.inputs).map(([key, x]) => [key, tensorOf(x)]));
      const [only, ...others] = Object.values(tensors);
      const x = others.length === 0 ? only! : tensors;
      await net.train(DataReader.fromTensors({ xTrain: x, yTrain: tensorOf(run.y) }), { shuffle: false });
      const missed = Object.entries(run.end).flatMap(([layer, block]) =>
        Object.entries(block).flatMap(([key, { data }]) =>
          differences(net.getLayer(layer).weights[key]!.data, data, { rtol: 1e-9, atol: 1e-12 }, `${layer}.${key}`),
        ),
      );
      t.deepEqual(missed, []);
      if (others.length > 0)
        await t.throwsAsync(net.predict(only!), badArgument(/rows by the names of the inputs \('a', 'b'\)/));
      t.deepEqual(differences(net.inference(x).data, run.outputs.data, { rtol: 1e-9, atol: 1e-12 }, 'outputs'), []);
    });
  }
}
