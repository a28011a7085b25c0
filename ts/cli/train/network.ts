import { isDeepStrictEqual } from 'node:util';
import { badArgument } from '../../core/errors.js';
import { definedFields } from '../../core/objects.js';
import {
  type Activation,
  ActivationLayer,
  ClassificationLayer,
  createLayers,
  type DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  type HyperParameters,
  type Layer,
  type LayerEntry,
  NeuralNet,
} from '../../index.js';
import { lossOf } from '../../losses/registry.js';
import { sizeOf } from '../../tensor/tensor.js';
import { UsageError } from '../output.js';
import { netWithEmbeddings } from './embeddings.js';
import type { LabelKind } from './labels.js';
import { paramsOf } from './params.js';
import type { TrainSettings } from './settings.js';

/** The sizes that a net must fit. */
interface NetSize {
  /** Shape of a row. */
  readonly input: readonly number[];
  /** Numbers of a label, encoded. */
  readonly outputs: number;
}

/**
 * Returns the net that is to be trained: a new one, or that of the checkpoint.
 * @throws BlasnetError where the settings do not fit the data, or the checkpoint
 */
export async function netFor(
  reader: DataReader,
  { netType }: LabelKind,
  settings: TrainSettings,
  name: string,
): Promise<NeuralNet> {
  const { layers, net: widths, activation, command, hyperParameters } = settings;
  const params = paramsOf(settings, netType, reader.numTrain);
  const { inputs } = reader.trainingLike;
  const outputs = reader.yTrain.rowSize;
  const size = { input: inputs['']?.rowShape ?? [], outputs };
  if (layers && !inputs['']) throw new UsageError('--embed: Expected --net instead of the layers of a config file');
  const net = layers
    ? netOfLayers(params, name, size, layers)
    : inputs['']
      ? netOfWidths(params, name, size, widths!, activation as Activation)
      : netWithEmbeddings(
          params,
          name,
          { preparation: reader.preparation, outputs },
          widths!,
          activation as Activation,
        );
  if (!command.resume) return net;
  // A default number of epochs does not make the run longer.
  const resumed = await NeuralNet.resume(command.checkpoint!, definedFields({ maxEpoch: hyperParameters.maxEpoch }));
  requireSame('the hyperparameters', resumed.params, net.params);
  requireSame('the layers', configsOf(resumed), configsOf(net));
  return resumed;
}

const configsOf = (net: NeuralNet) => net.layers.map(({ config }) => config);

function requireSame(what: string, saved: object, present: object): void {
  // As files have them: plain JSON.
  const [expected, received] = [saved, present].map(
    (value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>,
  );
  const key = Object.keys({ ...expected, ...received }).find(
    (name) => !isDeepStrictEqual(expected![name], received![name]),
  );
  if (key === undefined) return;
  const [was, is] = [expected, received].map((fields) => JSON.stringify(fields![key]));
  throw badArgument(`${what} (${key})`, `${was}, as in the checkpoint,`, is);
}

/** A net of fully connected layers of the listed widths, with the activation between them. */
function netOfWidths(
  params: HyperParameters,
  name: string,
  size: NetSize,
  list: string,
  activation: Activation,
): NeuralNet {
  const net = new NeuralNet(params, name);
  if (size.input.length > 1) net.addLayer(new FlattenLayer(), 'flatten');
  const layers = layersOfWidths(params, widthsOf(list, sizeOf(size.input), size.outputs), activation);
  for (const [layer, layerName] of layers) net.addLayer(layer, layerName);
  return net;
}

/** Fully connected layers from one width to the next, with their names. */
export function layersOfWidths(
  params: HyperParameters,
  widths: readonly number[],
  activation: Activation,
): readonly (readonly [Layer, string])[] {
  const layers = widths.slice(1).flatMap((outputs, i): (readonly [Layer, string])[] => {
    const connected = new FullyConnectedLayer(widths[i]!, outputs);
    if (i === widths.length - 2) return [[connected, 'output']];
    return [
      [connected, `hidden${i + 1}`],
      [new ActivationLayer(activation), `${activation}${i + 1}`],
    ];
  });
  const kind = classifierFor(params);
  return kind ? [...layers, [new ClassificationLayer(kind), kind]] : layers;
}

/** The function that makes probabilities of the outputs; undefined where the loss takes other numbers. */
function classifierFor({ netType, loss }: HyperParameters): 'softmax' | 'sigmoid' | undefined {
  if (netType === 'fitting') return undefined;
  const kind = netType === 'binaryClassifier' ? 'sigmoid' : 'softmax';
  const { probabilities = loss === undefined ? [kind] : [] } = loss === undefined ? {} : lossOf('loss', loss);
  return probabilities.find((one) => one === kind) ?? probabilities[0];
}

/**
 * Returns the widths of all layers, ends included, for a list such as `32-16` (hidden ones only) or `14-32-16-1` (all).
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a list that fits at one end only: it may have been meant either way
 */
export function widthsOf(list: string, features: number, outputs: number): readonly number[] {
  const widths = list === 'none' ? [] : list.split('-').map(Number);
  if (!/^(none|[1-9]\d*(-[1-9]\d*)*)$/.test(list)) {
    throw badArgument('net', "widths such as '32-16' or '14-32-16-1', or 'none' for no hidden layer", list);
  }
  const [fitsStart, fitsEnd] = [widths[0] === features, widths.at(-1) === outputs];
  if (widths.length > 1 && fitsStart && fitsEnd) return widths;
  // A last width of 1 is an output's: as a hidden layer it would let one number through.
  if (widths.length > 1 && (fitsStart || fitsEnd || widths.at(-1) === 1)) {
    const expected = `hidden layers only, or ${features} inputs at the start and ${outputs} outputs at the end, as in the data,`;
    throw badArgument('net', expected, list);
  }
  return [features, ...widths, outputs];
}

/** A net of the layers of a config. */
function netOfLayers(
  params: HyperParameters,
  name: string,
  { input, outputs }: NetSize,
  entries: readonly LayerEntry[],
): NeuralNet {
  const net = new NeuralNet(params, name);
  for (const [i, layer] of createLayers(entries, { input, outputs }).entries()) net.addLayer(layer, entries[i]!.name);
  return net;
}
