import {
  type AnyTensor,
  Conv1dLayer,
  DataReader,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GruLayer,
  HyperParameters,
  type Layer,
  LstmLayer,
  NeuralNet,
  SparseFullyConnectedLayer,
  setThreads,
  Tensor,
  TransformerEncoderLayer,
} from 'blasnet';
import type { SequencesJob, SequencesResult, TrainingResult } from '../contender.js';
import { readFloats, writeFloats } from '../data.js';
import { rowSize, type SequenceLayer, type SequenceNet, splitParameters } from '../sequences/nets.js';
import { summarize } from '../statistics.js';
import { timeCalls } from '../timing.js';

const nameOf = (i: number) => `layer${i}`;

function layerOf(layer: SequenceLayer): Layer {
  switch (layer.kind) {
    case 'lstm':
      return new LstmLayer(layer.units);
    case 'gru':
      return new GruLayer(layer.units);
    case 'encoder':
      return new TransformerEncoderLayer({ heads: layer.heads, feedForward: layer.feedForward });
    case 'conv1d': {
      const { filters, kernelSize } = layer;
      return new Conv1dLayer({ filters, kernelSize, padding: 'same', activation: 'relu' });
    }
    case 'embedding':
      return new EmbeddingLayer(layer.count, layer.size);
    case 'meanPool':
      return new GlobalAveragePool1dLayer();
    case 'bag': {
      const { inputs, outputs, isDense } = layer;
      return isDense
        ? new FullyConnectedLayer(inputs, outputs)
        : new SparseFullyConnectedLayer(inputs, outputs, { lazy: true });
    }
    case 'dense':
      return new FullyConnectedLayer(layer.inputs, layer.outputs);
  }
}

/** Rows as the net takes them: numbers of words are whole. */
export function sequencesOf(net: SequenceNet, x: Float32Array): AnyTensor {
  const rows = x.length / rowSize(net);
  const [first] = net.layers;
  if (first?.kind === 'bag' && first.isDense) return countsOf(net, x, first.inputs);
  return net.features > 0
    ? Tensor.from(x, [rows, net.steps, net.features])
    : Tensor.from(Int32Array.from(x), [rows, net.steps]);
}

/** How often each word occurs in each row, as rows of floats. */
function countsOf(net: SequenceNet, x: Float32Array, inputs: number): Tensor {
  const counts = Tensor.zeros([x.length / net.steps, inputs]);
  for (const [i, word] of x.entries()) {
    if (word > 0) counts.data[Math.floor(i / net.steps) * inputs + word]! += 1;
  }
  return counts;
}

/** The net with these weights. */
export function buildSequenceNet(net: SequenceNet, parameters: Float32Array, maxEpoch = 1): NeuralNet {
  const { learningRate, batch: batchSize, optimizer } = net;
  const params = new HyperParameters({ netType: 'fitting', optimizer, learningRate, batchSize, maxEpoch, seed: 1 });
  const built = new NeuralNet(params, net.name);
  for (const [i, layer] of net.layers.entries()) built.addLayer(layerOf(layer), nameOf(i));
  built.inference(sequencesOf(net, new Float32Array(rowSize(net)))); // layers take their sizes from it
  const parts = splitParameters(net, parameters);
  for (const i of net.layers.keys()) {
    const own = parts.filter(({ layer }) => layer === i);
    if (own.length === 0) continue;
    const weights = own.map(({ name, values, shape }) => [name, Tensor.from(values.slice(), [...shape])] as const);
    built.getLayer(nameOf(i)).setWeights(Object.fromEntries(weights));
  }
  return built;
}

/** All weights in the order of the file that they came from. */
function weightsOf(net: SequenceNet, built: NeuralNet, like: Float32Array): Float32Array {
  const all = splitParameters(net, like.slice());
  const lists = all.map(({ layer, name }) => Array.from(built.getLayer(nameOf(layer)).weights[name]!.data));
  return Float32Array.from(lists.flat());
}

/** Through the public API, as a program uses it: shuffling, gathering and loss included. */
export async function trySequences(job: SequencesJob): Promise<SequencesResult> {
  setThreads(job.threads);
  const { net, data, seconds } = job;
  const [parameters, numbers] = [await readFloats(job.weights), await readFloats(data.x)];
  const [x, y] = [sequencesOf(net, numbers), Tensor.from(await readFloats(data.y), [data.rows, 1])];
  const checkLoss = job.check && (await checked(net, parameters, { x, y }, job.check.out));
  const built = buildSequenceNet(net, parameters);
  const predictions = [];
  for (const rows of job.rows) {
    const part = x.slice(0, rows);
    const call = () => built.inference(part);
    const output = Array.from(call().data);
    await timeCalls(call, seconds / 4); // to warm up
    predictions.push({ rows, times: summarize(await timeCalls(call, seconds / 2)), output });
  }
  const timed = await timeTraining(net, parameters, { x, y }, seconds);
  return { training: { ...timed, ...(checkLoss !== undefined && { checkLoss }) }, predictions };
}

interface Rows {
  readonly x: AnyTensor;
  readonly y: Tensor;
}

async function checked(net: SequenceNet, parameters: Float32Array, { x, y }: Rows, out: string): Promise<number> {
  const rows = net.checkSteps * net.batch;
  const reader = DataReader.fromTensors({ xTrain: x.slice(0, rows), yTrain: y.slice(0, rows) });
  const built = buildSequenceNet(net, parameters);
  const { records } = await built.train(reader, { shuffle: false });
  await writeFloats(out, weightsOf(net, built, parameters));
  return records[0]!.lossTrain;
}

/** Whole epochs, after one to warm up and another that tells how many take the time. */
async function timeTraining(
  net: SequenceNet,
  parameters: Float32Array,
  { x, y }: Rows,
  seconds: number,
): Promise<TrainingResult> {
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  const run = (epochs: number) => buildSequenceNet(net, parameters, epochs).train(reader, { checkpoint: epochs });
  await run(1);
  const { seconds: one } = await run(1);
  const { seconds: taken, iterations } = await run(Math.max(2, Math.round(seconds / one)));
  return { steps: iterations, microsecondsPerStep: (taken * 1e6) / iterations };
}
