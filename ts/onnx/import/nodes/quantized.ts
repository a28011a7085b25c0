import { ActivationLayer, ClassificationLayer } from '../../../layers/index.js';
import { roundHalfEven } from '../../../quantization/rounding.js';
import { elementTypes } from '../../messages.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { bytesOf, placeIn } from '../quantized/bytes.js';
import { biasIn, numbersIn, rowBytes, setBytes, withNumbers } from '../quantized/numbers.js';
import { gridOf, limitsOf, scalesOf, wholeConstant, withScales, zerosOf } from '../quantized/reading.js';
import { convolutionNodes } from './convolutions.js';
import { productNodes } from './products.js';

/** The attributes of the two operators that say what blasnet does not have. */
function requireBytes(node: OnnxNode): number {
  node.int('saturate', 1); // for floats of 8 bits
  node.requireInt('block_size', 0, [0]);
  node.requireInt('output_dtype', 0, [0, elementTypes.float32, elementTypes.uint8, elementTypes.int8]);
  node.requireInt('precision', 0, [0, elementTypes.float32]);
  return node.int('axis', 1);
}

/** QuantizeLinear: of rows they are remembered as they are, until somebody reads the bytes; constants are rounded at once. */
function quantize(state: GraphImport, node: OnnxNode): void {
  const axis = requireBytes(node);
  if (!state.has(node, 2)) node.requireInt('output_dtype', 0, [0, elementTypes.uint8]);
  const bytes = bytesOf(state);
  const value = state.anyRows(node) ?? state.floats(node);
  if (value.kind === 'rows') {
    const grid = gridOf(state, node, 1, 2);
    setBytes(state, node, bytes.withoutRounding(value, grid), grid);
    return;
  }
  const [low, high] = limitsOf(state, node, 2);
  state.budget.take(4 * value.values.length);
  const numbers = { shape: value.shape, values: new Int32Array(value.values.length) };
  const whole = withScales(node, numbers, scalesOf(state, node, 1), zerosOf(state, node, 2), axis);
  const place = placeIn(whole);
  for (let i = 0; i < numbers.values.length; i++) {
    const at = place(i);
    const rounded = roundHalfEven(Math.fround(value.values[i]! / whole.scales[at]!)) + whole.zeros[at]!;
    numbers.values[i] = Math.min(Math.max(rounded, low), high);
  }
  bytes.constants.set(node.outputs[0] ?? '', whole);
}

/** DequantizeLinear: rows that are rounded as bytes are, or the numbers of constants. */
function dequantize(state: GraphImport, node: OnnxNode): void {
  const axis = requireBytes(node);
  const bytes = bytesOf(state);
  const name = node.inputs[0] ?? '';
  if (!bytes.rows.has(name)) {
    const own = bytes.constants.get(name);
    const given = own && withScales(node, own, scalesOf(state, node, 1), zerosOf(state, node, 2), axis);
    state.give(node, bytes.numbersOf(state, given ?? wholeConstant(state, node, [0, 1, 2], axis)));
    return;
  }
  const x = rowBytes(state, node, 0);
  state.give(node, isClassification(state, node, x.value) ? x.value : bytes.numbers(state, node, x));
}

/** Whether a value is the probabilities that the net ends with: they stay as they are. */
function isClassification({ graph }: GraphImport, node: OnnxNode, { node: { layer } }: RowsValue): boolean {
  if (graph.outputs.length !== 1 || node.outputs[0] !== graph.outputs[0]) return false;
  return layer instanceof ClassificationLayer || (layer instanceof ActivationLayer && layer.kind === 'sigmoid');
}

function convolution(state: GraphImport, node: OnnxNode): void {
  const bias = state.has(node, 8) ? [biasIn(state, node, 8)] : [];
  const values = [numbersIn(state, node, 0, 1), numbersIn(state, node, 3, 0), ...bias];
  withNumbers(state, node, convolutionNodes.Conv!, values, 6);
}

function matMul(state: GraphImport, node: OnnxNode): void {
  const values = [numbersIn(state, node, 0, -1), numbersIn(state, node, 3, -1)];
  withNumbers(state, node, productNodes.MatMul!, values, 6);
}

export const quantizedNodes: Operators = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  QLinearConv: convolution,
  QLinearMatMul: matMul,
};
