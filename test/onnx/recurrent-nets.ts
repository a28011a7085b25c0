// Nets of sequences, as both directions of the exchange are tested with.
import {
  BidirectionalLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  input,
  LastStateLayer,
  LstmLayer,
  MaskLayer,
  NeuralNet,
  type Node,
  SimpleRnnLayer,
  Tensor,
  type TensorType,
} from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { randomTensor } from '../support/numerics.js';
import { scatter } from './nets.js';

const steps = 5;
const features = 3;

/** A graph's nodes, and what to ask it. */
export interface SequenceCase {
  readonly inputs: readonly Node[];
  readonly outputs: Node | readonly Node[];
  readonly rows: Readonly<Record<string, Tensor<TensorType>>>;
}

const sequence = () => input([steps, features], { name: 'x' });
const x = () => randomTensor([4, steps, features], 7).clone('float32');
const whole = (values: readonly number[], shape: readonly number[]) => Tensor.from([...values], [...shape], 'int32');
const all = true;

function of(make: (x: Node) => Node | readonly Node[]): () => SequenceCase {
  return () => {
    const first = sequence();
    return { inputs: [first], outputs: make(first), rows: { x: x() } };
  };
}

/** Lengths of the rows beside them. */
function withLengths(make: (masked: Node) => Node | readonly Node[]): () => SequenceCase {
  return () => {
    const [first, lengths] = [sequence(), input([], { name: 'lengths', dtype: 'int32' })];
    const outputs = make(new MaskLayer().apply([first, lengths]));
    return { inputs: [first, lengths], outputs, rows: { x: x(), lengths: whole([5, 1, 3, 2], [4]) } };
  };
}

/** Words, of which 0 is padding that stands anywhere. */
function words(make: (embedded: Node) => Node): () => SequenceCase {
  return () => {
    const first = input([steps], { name: 'x', dtype: 'int32' });
    const rows = { x: whole([1, 2, 3, 4, 5, 0, 0, 2, 1, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0], [4, steps]) };
    return { inputs: [first], outputs: make(new EmbeddingLayer(6, 3, { maskZero: true }).apply(first)), rows };
  };
}

/** Cases that blasnet reads back, too: masks of lengths only. */
export const sequenceCases: Readonly<Record<string, () => SequenceCase>> = {
  'lstm, the last step': of((from) => new LstmLayer(4).apply(from)),
  'lstm, all steps': of((from) => new LstmLayer(4, { returnSequences: all }).apply(from)),
  'lstm, the other way': of((from) => new LstmLayer(4, { reverse: true }).apply(from)),
  'lstm, all steps the other way': of((from) => new LstmLayer(4, { reverse: true, returnSequences: all }).apply(from)),
  'lstm without biases': of((from) => new LstmLayer(4, { useBias: false, returnSequences: all }).apply(from)),
  'gru, the last step': of((from) => new GruLayer(4).apply(from)),
  'gru, all steps the other way': of((from) => new GruLayer(4, { reverse: true, returnSequences: all }).apply(from)),
  'gru without biases': of((from) => new GruLayer(4, { useBias: false }).apply(from)),
  'simple rnn': of((from) => new SimpleRnnLayer(4).apply(from)),
  'simple rnn with relu, all steps': of((from) =>
    new SimpleRnnLayer(4, { activation: 'relu', returnSequences: all }).apply(from),
  ),
  'two layers and a dense one': of((from) =>
    new FullyConnectedLayer(5, 2).apply(new GruLayer(5).apply(new LstmLayer(4, { returnSequences: all }).apply(from))),
  ),
  ...Object.fromEntries(
    (['concatenate', 'sum', 'average', 'multiply'] as const).map((merge) => [
      `bidirectional, ${merge}`,
      of((from) => new BidirectionalLayer(new LstmLayer(4, { returnSequences: all }), { merge }).apply(from)),
    ]),
  ),
  'bidirectional, the last steps': of((from) => new BidirectionalLayer(new GruLayer(4)).apply(from)),
  'the last states beside all steps': of((from) => {
    const lstm = new LstmLayer(4, { returnSequences: all }).apply(from, 'steps');
    const h = new LastStateLayer().apply(lstm, 'h');
    return [lstm, h, new LastStateLayer('c').apply(lstm, 'c'), new LastStateLayer().apply(lstm, 'again')];
  }),
  'the last c of the last step': of((from) => new LastStateLayer('c').apply(new LstmLayer(4).apply(from))),
  'the last states as the first ones of another layer': of((from) => {
    const encoded = new LstmLayer(4).apply(from);
    const states = [new LastStateLayer('h').apply(encoded), new LastStateLayer('c').apply(encoded)];
    return new LstmLayer(4, { returnSequences: all }).apply([from, ...states]);
  }),
  'first states of both directions': of((from) => {
    const states = [1, 2].map((seed) => new GruLayer(4, { seed }).apply(from));
    return new BidirectionalLayer(new GruLayer(4, { returnSequences: all })).apply([from, ...states]);
  }),
  'one layer applied twice': of((from) => {
    const layer = new LstmLayer(3, { returnSequences: all });
    return layer.apply(layer.apply(from));
  }),
  'lstm, by lengths': withLengths((masked) => new LstmLayer(4, { returnSequences: all }).apply(masked)),
  'two layers by lengths, the other way and forward': withLengths((masked) =>
    new LstmLayer(4).apply(new GruLayer(4, { returnSequences: all, reverse: true }).apply(masked)),
  ),
  'bidirectional, by lengths': withLengths((masked) =>
    new BidirectionalLayer(new SimpleRnnLayer(4, { returnSequences: all })).apply(masked),
  ),
  'last states by lengths': withLengths((masked) => {
    const lstm = new LstmLayer(4, { returnSequences: all }).apply(masked, 'steps');
    return [new LastStateLayer('h').apply(lstm, 'h'), new LastStateLayer('c').apply(lstm, 'c')];
  }),
};

/** Cases whose masks are no lengths. */
export const maskedCases: Readonly<Record<string, () => SequenceCase>> = {
  'padding anywhere, all steps': words((from) => new LstmLayer(4, { returnSequences: all }).apply(from)),
  'padding anywhere, the last step': words((from) => new GruLayer(4).apply(from)),
  'padding anywhere, both directions': words((from) =>
    new BidirectionalLayer(new LstmLayer(4, { returnSequences: all })).apply(from),
  ),
  'padding anywhere, two layers': words((from) =>
    new GruLayer(3, { reverse: true }).apply(new SimpleRnnLayer(4, { returnSequences: all }).apply(from)),
  ),
  'padding anywhere, first states': words((from) => {
    const first = new GruLayer(4).apply(from);
    return new GruLayer(4, { reverse: true }).apply([from, first]);
  }),
  'nothing but padding, and a first state': () => {
    const [first, state] = [input([steps], { name: 'x', dtype: 'int32' }), input([4], { name: 'state' })];
    const embedded = new EmbeddingLayer(6, 3, { maskZero: true }).apply(first);
    const lstm = new LstmLayer(4, { returnSequences: all }).apply([embedded, state, state], 'steps');
    const outputs = [lstm, new LastStateLayer('h').apply(lstm, 'h'), new LastStateLayer('c').apply(lstm, 'c')];
    const x = whole([1, 0, 2, 0, 0, 0, 0, 0, 0, 0], [2, steps]);
    return { inputs: [first, state], outputs, rows: { x, state: randomTensor([2, 4], 3).clone('float32') } };
  },
  'padding anywhere, two layers of both directions': words((from) => {
    const first = new BidirectionalLayer(new LstmLayer(4, { returnSequences: all })).apply(from);
    return new BidirectionalLayer(new LstmLayer(4)).apply(first);
  }),
};

/** The net of a case, with weights as training leaves them. */
export function sequenceNet({ inputs, outputs }: SequenceCase, dtype: 'float32' | 'float64' = 'float32'): NeuralNet {
  const list = [outputs].flat() as Node[];
  const net = NeuralNet.fromGraph({ inputs, outputs: list }, new HyperParameters({ netType: 'fitting', dtype }), 'net');
  for (const [i, layer] of net.layers.entries()) scatter(layer, 10 * i + 3);
  return net;
}

/** The results of onnxruntime, by the names of the outputs. */
export async function runtimeResults(
  file: string,
  rows: Readonly<Record<string, Tensor<TensorType>>>,
): Promise<Readonly<Record<string, { readonly data: ArrayLike<number>; readonly dims: readonly number[] }>>> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const feeds = Object.entries(rows).map(([name, { data, dtype, shape }]) => {
    const own = session.inputNames.includes(name) ? name : session.inputNames[0]!;
    return [own, new OnnxTensor(dtype, data as never, shape)] as const;
  });
  return (await session.run(Object.fromEntries(feeds))) as never;
}
