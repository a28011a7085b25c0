import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, type QuantizedFullyConnectedLayer } from 'blasnet';
import { differences, readReference, tensorOf } from '../support/numerics.js';

type Numbers = Parameters<typeof tensorOf>[0];

interface Reference {
  readonly x: Numbers;
  readonly W: readonly Numbers[];
  readonly B: readonly Numbers[];
  readonly inputs: readonly { readonly scale: number; readonly zero: number }[];
  readonly weights: readonly Numbers[];
  readonly scales: readonly Numbers[];
  readonly hidden: Numbers;
  readonly output: Numbers;
}

test('quantize › weights, scales, zeros and outputs are those of NumPy', async (t) => {
  const { x, W, B, inputs, weights, scales, hidden, output } = await readReference<Reference>('quantization');
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
  net
    .addLayer(new FullyConnectedLayer(9, 11, { activation: 'relu' }), 'one')
    .addLayer(new FullyConnectedLayer(11, 4), 'two');
  for (const [i, layer] of net.layers.entries()) {
    layer.setWeights({ W: tensorOf(W[i]!, 'float32'), B: tensorOf(B[i]!, 'float32') });
  }
  const rows = tensorOf(x, 'float32');
  const { net: small } = await net.quantize(rows);
  for (const [i, layer] of small.layers.entries()) {
    const { W: q, scale, inputScale, inputZero } = layer.weights;
    t.deepEqual([...q!.data], weights[i]!.data);
    t.deepEqual([...scale!.data], scales[i]!.data);
    t.is(inputZero!.data[0], inputs[i]!.zero);
    // The range of the hidden numbers is that of sums, which NumPy adds in another order.
    t.deepEqual(differences(inputScale!.data, [inputs[i]!.scale], { rtol: i === 0 ? 0 : 1e-6 }), []);
  }
  const first = small.getLayer('one') as QuantizedFullyConnectedLayer;
  t.deepEqual([...first.forward(rows, false).data], hidden.data); // to the bit
  t.deepEqual(differences(small.inference(rows).data, output.data, { rtol: 1e-5, atol: 1e-5 }), []);
});
