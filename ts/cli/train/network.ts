import { BlasnetError, badArgument } from '../../errors.js';
import {
  type Activation,
  ActivationLayer,
  ClassificationLayer,
  createLayer,
  FlattenLayer,
  FullyConnectedLayer,
  type HyperParameters,
  type LayerConfig,
  NeuralNet,
} from '../../index.js';
import { sizeOf } from '../../tensor.js';
import type { LayerEntry } from './config.js';

/** What a net must fit. */
export interface NetSize {
  /** Shape of a row. */
  readonly input: readonly number[];
  /** Numbers of a label, encoded. */
  readonly outputs: number;
}

/**
 * The widths of all layers, ends included, for a list such as `32-16` (hidden ones only) or `14-32-16-1` (all).
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a list that fits at one end only, so that nobody can tell which it is
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
    const expected = `${features} inputs at its start and ${outputs} outputs at its end, as the data have them, or hidden layers only,`;
    throw badArgument('net', expected, list);
  }
  return [features, ...widths, outputs];
}

/** A net of fully connected layers of those widths, with the activation between them. */
export function netOfWidths(
  params: HyperParameters,
  name: string,
  size: NetSize,
  list: string,
  activation: string,
): NeuralNet {
  const widths = widthsOf(list, sizeOf(size.input), size.outputs);
  const net = new NeuralNet(params, name);
  if (size.input.length > 1) net.addLayer(new FlattenLayer(), 'flatten');
  widths.slice(1).forEach((outputs, i) => {
    const isLast = i === widths.length - 2;
    net.addLayer(new FullyConnectedLayer(widths[i]!, outputs), isLast ? 'output' : `hidden${i + 1}`);
    if (!isLast) net.addLayer(new ActivationLayer(activation as Activation), `${activation}${i + 1}`);
  });
  const { netType } = params;
  if (netType === 'binaryClassifier') net.addLayer(new ClassificationLayer('sigmoid'), 'sigmoid');
  if (netType === 'multipleClassifier') net.addLayer(new ClassificationLayer('softmax'), 'softmax');
  return net;
}

/**
 * A net of layers from a config.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` or `ERR_SHAPE_MISMATCH` that names the layer
 */
export function netOfLayers(
  params: HyperParameters,
  name: string,
  size: NetSize,
  layers: readonly LayerEntry[],
): NeuralNet {
  const net = new NeuralNet(params, name);
  const lastDense = layers.findLastIndex(({ config }) => config.type === 'FullyConnectedLayer');
  let shape = size.input;
  for (const [i, { name: layerName, config }] of layers.entries()) {
    try {
      const layer = createLayer(completed(config, shape, i === lastDense ? size.outputs : undefined));
      net.addLayer(layer, layerName);
      shape = layer.outputShape(shape);
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      throw new BlasnetError(cause.code, `${cause.message} in layers[${i}]${layerName ? ` ('${layerName}')` : ''}`, {
        cause,
      });
    }
  }
  return net;
}

const imageLayers = ['ConvLayer', 'MaxPoolLayer', 'AveragePoolLayer', 'GlobalAveragePoolLayer'];

/** A layer's config with the sizes that the rows before it say, where it has none of its own. */
function completed(config: LayerConfig, shape: readonly number[], outputs: number | undefined): LayerConfig {
  const { type } = config;
  if (type === 'FullyConnectedLayer') {
    return { ...(shape.length === 1 && { inputs: shape[0] }), ...(outputs && { outputs }), ...config };
  }
  if (type === 'BatchNormLayer') return { features: shape[0], ...config };
  return imageLayers.includes(type) && shape.length === 3 ? { inputShape: shape, ...config } : config;
}
