// How recurrent layers, masks and streams are called.
import {
  BidirectionalLayer,
  GruLayer,
  HyperParameters,
  LastStateLayer,
  LstmLayer,
  MaskLayer,
  NeuralNet,
  SimpleRnnLayer,
  Tensor,
} from 'blasnet';
import { layer } from './layers.js';
import type { Callable } from './walk.js';

const sequences = () => Tensor.zeros([2, 4, 3]);
const state = () => Tensor.zeros([2, 2]);
const options = () => ({
  ...{ returnSequences: true, reverse: true, dropout: 0.1, recurrentDropout: 0.1, useBias: false },
  ...{ initMethod: 'xavier', recurrentInitMethod: 'normal', dtype: 'float32', seed: 1 },
});

/** The layer of a class that needs the output of another one in a pass: it computes nothing alone. */
const lastState = layer(
  () => new LstmLayer(2),
  () => ['c'],
  sequences,
);

function stream() {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new GruLayer(2));
  net.inference(Tensor.zeros([1, 4, 3]));
  const made = net.stream();
  made.step([1, 2, 3]);
  return made;
}

/** Valid arguments of recurrent layers, and of what belongs to them. */
export const recurrentLayers: Readonly<Record<string, Callable>> = {
  BidirectionalLayer: layer(
    () => new BidirectionalLayer(new LstmLayer(2)),
    () => [new GruLayer(2), { merge: 'sum' }],
    sequences,
  ),
  GruLayer: layer(
    () => new GruLayer(2),
    () => [2, options()],
    () => [sequences(), state()],
  ),
  LastStateLayer: { ...lastState, instance: () => new LastStateLayer('c') },
  LstmLayer: layer(
    () => new LstmLayer(2),
    () => [2, options()],
    () => [sequences(), state(), state()],
  ),
  MaskLayer: layer(
    () => new MaskLayer(),
    () => [{ value: 1 }],
    () => [sequences(), Tensor.zeros([2, 4])],
  ),
  NetStream: {
    instance: stream,
    methods: { step: () => [[1, 2, 3]], reset: () => [], state: () => [stream().state] },
  },
  SimpleRnnLayer: layer(
    () => new SimpleRnnLayer(2),
    () => [2, { ...options(), activation: 'relu' }],
    sequences,
  ),
};
