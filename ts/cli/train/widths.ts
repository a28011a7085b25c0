import { badArgument } from '../../core/errors.js';
import {
  type Activation,
  ActivationLayer,
  ClassificationLayer,
  FullyConnectedLayer,
  type HyperParameters,
  type Layer,
} from '../../index.js';
import { lossOf } from '../../losses/registry.js';

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
