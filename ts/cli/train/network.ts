import { isDeepStrictEqual } from 'node:util';
import { badArgument } from '../../core/errors.js';
import { definedFields } from '../../core/objects.js';
import {
  type Activation,
  type DataReader,
  FlattenLayer,
  type HyperParameters,
  NeuralNet,
  TextReader,
  TimeSeriesReader,
} from '../../index.js';
import { sizeOf } from '../../tensor/tensor.js';
import { netOfLayers } from './config-layers.js';
import { netWithEmbeddings } from './embeddings.js';
import type { LabelKind } from './labels.js';
import { paramsOf } from './params.js';
import { isRecurrent, recurrentNet } from './recurrent.js';
import type { TrainSettings } from './settings.js';
import { textNet } from './texts.js';
import { layersOfWidths, widthsOf } from './widths.js';

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
  const { layers, outputs: named, command, hyperParameters } = settings;
  const params = paramsOf(settings, netType, reader.numTrain);
  const { inputs } = reader.trainingLike;
  const outputs = reader.yTrain.rowSize;
  const net = layers
    ? netOfLayers(params, name, { inputs, preparation: reader.preparation, outputs }, layers, named?.[0])
    : netOfList(params, name, reader, { input: inputs['']?.rowShape ?? [], outputs }, settings);
  if (!command.resume) return net;
  // A default number of epochs does not make the run longer.
  const resumed = await NeuralNet.resume(command.checkpoint!, definedFields({ maxEpoch: hyperParameters.maxEpoch }));
  requireSame('the hyperparameters', resumed.params, net.params);
  requireSame('the layers', configsOf(resumed), configsOf(net));
  requireSame("the layers' inputs", connectionsOf(resumed), connectionsOf(net));
  return resumed;
}

const configsOf = (net: NeuralNet) => net.layers.map(({ config }) => config);

/** The operands of each input and applied layer, counted in their order. */
function connectionsOf({ nodes }: NeuralNet): readonly (readonly number[])[] {
  const names = nodes.map(({ name }) => name);
  return nodes.map(({ inputs }) => inputs.map((input) => names.indexOf(input)));
}

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

/** The usual layers, for the data: of tables, of time series and of texts. */
const usual = { table: '64-32', series: 'gru32', texts: 'none' } as const;

/** A net of the layers that `--net` lists, or of the usual ones. */
function netOfList(
  params: HyperParameters,
  name: string,
  reader: DataReader,
  size: NetSize,
  { net, activation: word }: TrainSettings,
): NeuralNet {
  const activation = word as Activation;
  if (reader instanceof TextReader) return textNet(params, name, reader, net ?? usual.texts, activation);
  if (reader instanceof TimeSeriesReader) {
    const list = net ?? usual.series;
    if (isRecurrent(list)) return recurrentNet(params, name, size.outputs, list, activation);
    return netOfWidths(params, name, size, list, activation);
  }
  const list = net ?? usual.table;
  if (reader.trainingLike.inputs['']) return netOfWidths(params, name, size, list, activation);
  const { preparation } = reader;
  return netWithEmbeddings(params, name, { preparation, outputs: size.outputs }, list, activation);
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
