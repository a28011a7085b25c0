import { badArgument } from '../../core/errors.js';
import { type Activation, GruLayer, type HyperParameters, LstmLayer, NeuralNet } from '../../index.js';
import { layersOfWidths, widthsOf } from './widths.js';

/** The recurrent layers that `--net` may begin with. */
const kinds = { gru: GruLayer, lstm: LstmLayer } as const;
const recurrent = /^(gru|lstm)([1-9]\d{0,5})(?:-|$)/;

/** Whether a list such as `gru32` or `gru64-gru32-16` begins with a recurrent layer. */
export const isRecurrent = (list: string): boolean => recurrent.test(list);

/**
 * A net for windows of a time series: recurrent layers, of which the last one gives its state at the last step, and fully
 * connected layers of the other widths behind them.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a list in another form
 */
export function recurrentNet(
  params: HyperParameters,
  name: string,
  outputs: number,
  list: string,
  activation: Activation,
): NeuralNet {
  const units: (readonly [kind: keyof typeof kinds, units: number])[] = [];
  let rest = list;
  for (let match = recurrent.exec(rest); match; match = recurrent.exec(rest)) {
    units.push([match[1] as keyof typeof kinds, Number(match[2])]);
    rest = rest.slice(match[0].length);
  }
  if (!/^([1-9]\d*(-[1-9]\d*)*)?$/.test(rest) || list.endsWith('-')) {
    throw badArgument(
      'net',
      "recurrent layers and widths of layers behind them, such as 'gru32' or 'gru64-gru32-16'",
      list,
    );
  }
  const net = new NeuralNet(params, name);
  for (const [i, [kind, size]] of units.entries()) {
    net.addLayer(new kinds[kind](size, { returnSequences: i < units.length - 1 }), `${kind}${i + 1}`);
  }
  const widths = widthsOf(rest === '' ? 'none' : rest, units.at(-1)![1], outputs);
  for (const [layer, layerName] of layersOfWidths(params, widths, activation)) net.addLayer(layer, layerName);
  return net;
}
