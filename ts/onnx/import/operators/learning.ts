// @internal
import { Affine } from '../affine.js';
import type { Chain } from '../chain.js';
import { textsOf } from '../class-names.js';
import type { OnnxNode } from '../node.js';

/** Scaler of the domain ai.onnx.ml, (x − offset) · scale: a part of the preparation, as scikit-learn's scalers are written. */
export function scaler(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  if (chain.steps.length > 0) throw node.bad('a Scaler in front of all layers', 'layers in front of it');
  const [features] = shape;
  const [offset, scale] = ['offset', 'scale'].map((name) => {
    const values = node.floats(name) ?? [name === 'scale' ? 1 : 0];
    const fits = shape.length === 1 && (values.length === 1 || values.length === features);
    if (fits && values.every(Number.isFinite))
      return { kind: 'constant', shape: [values.length], values, isFloat: true } as const;
    throw node.bad(
      `${name} of ${features} finite numbers for vectors`,
      `${values.length} for rows of [${shape.join(', ')}]`,
    );
  });
  chain.entry ??= new Affine(node, shape, chain.budget);
  chain.entry.apply('Sub', node, offset!, shape);
  chain.entry.apply('Mul', node, scale!, shape);
  chain.pass(node);
}

/** ZipMap of the domain ai.onnx.ml: the same probabilities, by the names of their classes. */
export function zipMap(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const numbers = node.ints('classlabels_int64s')?.map(String);
  const names = numbers ?? textsOf(node.strings('classlabels_strings') ?? [], node.where);
  if (shape.length !== 1 || names.length !== shape[0]) {
    throw node.bad(`a class name for each number of rows of [${shape.join(', ')}]`, `${names.length}`);
  }
  chain.classes = names;
  chain.pass(node);
}
