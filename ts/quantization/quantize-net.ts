// @internal
import { badArgument } from '../core/errors.js';
import type { NamedTensors } from '../data/named-tensors.js';
import type { NetPredictions, RawRows } from '../inference/net-predictions.js';
import type { NetRows } from '../inference/net-rows.js';
import type { Layer } from '../layers/index.js';
import type { Model } from '../net/model.js';
import type { GraphParts } from '../net/net-graph.js';
import type { AnyTensor } from '../tensor/tensor.js';
import { type Compute, checkedQuantizeOptions, fillRest, type QuantizeOptions, quantizeGraph } from './quantize.js';
import type { QuantizationReport } from './report.js';

/** The parts of the net that is quantized. */
export interface SourceNet {
  readonly model: Model;
  readonly rows: NetRows;
  readonly predictions: NetPredictions;
}

/** A net that was made of a graph, and the way to compute its outputs. */
export interface MadeNet<Net> {
  readonly net: Net;
  readonly compute: Compute;
}

/**
 * Implements `net.quantize`.
 * @param make - makes a net of a graph
 * @param rows - scaled rows, or raw ones as the options tell
 */
export async function quantizeNet<Net extends { readonly layers: readonly Layer[] }>(
  { model, rows: netRows, predictions }: SourceNet,
  make: (parts: GraphParts) => MadeNet<Net>,
  rows: AnyTensor | NamedTensors | RawRows,
  options: QuantizeOptions,
): Promise<{ readonly net: Net; readonly report: QuantizationReport }> {
  const { stack, params } = model;
  const { raw, ...chosen } = checkedQuantizeOptions(options, stack.parts.steps);
  if (params.dtype !== 'float32') throw badArgument('the dtype of the net', 'float32', params.dtype);
  const inputs = raw ? predictions.preparedRows(rows as RawRows) : netRows.inputsFrom(rows as AnyTensor | NamedTensors);
  netRows.checkInputs(inputs);
  stack.requireAttached();
  const inputShapes = inputs.map(({ shape }) => shape.slice(1));
  const rowShapes = [...inputShapes, ...stack.shapes(...inputShapes)];
  const { parts } = stack;
  const setting = {
    ...{ parts, inputs, rowShapes },
    async withNet<Result>(graph: GraphParts, use: (compute: Compute) => Promise<Result>): Promise<Result> {
      const { net, compute } = make(graph);
      try {
        return await use(compute);
      } finally {
        for (const layer of net.layers) layer.release();
      }
    },
  };
  const { from, parts: quantized, report } = await quantizeGraph(setting, chosen);
  const { net } = make(quantized);
  fillRest(from, quantized);
  return { net, report };
}
