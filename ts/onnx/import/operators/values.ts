// @internal

import { shortestDecimal } from '../../../core/number-formats.js';
import { DropoutLayer } from '../../../layers/index.js';
import { elementTypeName, elementTypes } from '../../messages.js';
import type { Chain } from '../chain.js';
import { type ConstantValue, constantOf } from '../constant.js';
import type { OnnxNode } from '../node.js';
import { shapeInput } from './shape-values.js';

/** Constant, in any of the attributes that may hold its value. */
export function constant(chain: Chain, node: OnnxNode): void {
  const tensor = node.tensor('value');
  if (tensor) {
    chain.give(node, constantOf(tensor, node.where, chain.budget));
    return;
  }
  const [float, int] = [node.float('value_float', Number.NaN), node.int('value_int', -1)];
  const isScalar = node.has('value_float') || node.has('value_int');
  const floats = node.floats('value_floats') ?? (node.has('value_float') ? [float] : undefined);
  const values = floats ?? node.ints('value_ints') ?? (node.has('value_int') ? [int] : undefined);
  if (!values) throw node.bad('a tensor or numbers', 'none');
  const shape = isScalar ? [] : [values.length];
  chain.give(node, { kind: 'constant', shape, values, isFloat: floats !== undefined });
}

/** Identity: the same rows, constant or shape. */
export function identity(chain: Chain, node: OnnxNode): void {
  const value = chain.input(node, 0);
  if (value.kind === 'data') {
    const { shape, step } = chain.data(node);
    chain.pass(node, shape, step);
  } else chain.give(node, value);
}

/** Dropout. Its ratio was an attribute before operator set 12, and is an input since. */
export function dropout(chain: Chain, node: OnnxNode): void {
  chain.data(node);
  node.int('seed', 0);
  const ratio = chain.optionalConstant(node, 1)?.values[0] ?? node.float('ratio', 0.5);
  if (chain.optionalConstant(node, 2)?.values[0]) throw node.bad('training_mode = false', 'true');
  chain.add(
    node,
    node.naming(() => new DropoutLayer(shortestDecimal(ratio))),
  );
}

/** Cast between float32 and float64 of rows, which sets the type of the net's numbers; of constants and of shapes. */
export function cast(chain: Chain, node: OnnxNode): void {
  node.int('saturate', 1); // these two are for types of 8 bits
  node.string('round_mode', 'up');
  castTo(chain, node, node.int('to', 0));
}

/** CastLike: like Cast, to the type of the second input. */
export function castLike(chain: Chain, node: OnnxNode): void {
  node.int('saturate', 1);
  node.string('round_mode', 'up');
  const value = chain.input(node, 0);
  // Constants are cast before the rows are known; the dtype of the net decides between float32 and float64.
  const like = value.kind === 'constant' ? chain.value(node.inputs[1] ?? '') : chain.input(node, 1);
  const isFloat = like === undefined || like.kind === 'data' || (like.kind === 'constant' && like.isFloat);
  if (isFloat && (value.kind === 'data' || (value.kind === 'constant' && value.isFloat))) identity(chain, node);
  else castTo(chain, node, isFloat ? elementTypes[chain.dtype] : elementTypes.int64);
}

/** Whether a node computes a constant from a constant, before the rows are known. */
export function isFoldable(chain: Chain, { operator, domain, inputs }: OnnxNode): boolean {
  if (domain !== '' && domain !== 'ai.onnx') return false;
  if (operator === 'Constant') return true;
  const value = foldable.has(operator) ? chain.value(inputs[0] ?? '') : undefined;
  return value?.kind === 'constant' && (operator !== 'CastLike' || value.isFloat);
}

const foldable = new Set(['Identity', 'Cast', 'CastLike']);

const { float32, float64, int32, int64 } = elementTypes;

function castTo(chain: Chain, node: OnnxNode, type: number): void {
  const value = chain.input(node, 0);
  const [isFloat, isInteger] = [type === float32 || type === float64, type === int32 || type === int64];
  if (value.kind === 'data') {
    const { shape, step } = chain.data(node);
    if (!isFloat) throw node.bad('rows cast to float32 or float64', elementTypeName(type));
    if (type === float64) chain.dtype = 'float64';
    chain.pass(node, shape, step);
  } else if (value.kind === 'constant' && (isFloat || isInteger)) {
    chain.give(node, isFloat === value.isFloat && type !== float32 ? value : converted(chain, value, type));
  } else if (isInteger) chain.give(node, shapeInput(chain, node, 0));
  else throw node.bad('integers', elementTypeName(type));
}

function converted(chain: Chain, value: ConstantValue, type: number): ConstantValue {
  const { shape, values } = value;
  const isFloat = type === float32 || type === float64;
  chain.budget.take(8 * values.length);
  const convert = !isFloat ? Math.trunc : type === float32 ? Math.fround : Number;
  return { kind: 'constant', shape, values: Array.from(values, convert), isFloat };
}
