import fc from 'fast-check';
import { elementTypes } from '#blasnet/onnx/messages';
import { modelCodec } from '#blasnet/onnx/schema';
import { modelOf, tensor, whole } from '../../onnx/models.js';
import type { Dice } from '../dice.js';

const tensors = [
  tensor('w', [3, 2], [1, 2, 3, 4, 5, 6]),
  tensor('b', [2], [1, 2]),
  tensor('s', [], [0.5]),
  tensor('f', [2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
  whole('shape', [0, -1]),
  whole('i', [0], []),
  { name: 'z', dims: [], dataType: elementTypes.uint8, int32Data: [9] },
  { name: 'u', dims: [], dataType: elementTypes.int8, int32Data: [0] },
  { name: 'v', dims: [3, 2], dataType: elementTypes.int8, int32Data: [1, -2, 3, -4, 127, -128] },
  { name: 'c', dims: [2, 1, 2, 2], dataType: elementTypes.uint8, int32Data: [1, 2, 3, 4, 5, 6, 7, 255] },
];

/** Operators with inputs behind the first that go with some rows. */
const likely: readonly (readonly [operator: string, ...inputs: string[]])[] = [
  ...['Relu', 'Sigmoid', 'Elu', 'Softmax', 'Identity', 'Dropout', 'Flatten', 'Shape', 'Erf', 'Cast', 'Gelu'].map(
    (name) => [name] as const,
  ),
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool'].map((name) => [name] as const),
  ...['Add', 'Sub', 'Mul', 'Div'].map((name) => [name, 's'] as const),
  ['Gemm', 'w', 'b'],
  ['MatMul', 'w'],
  ['Conv', 'f', 'b'],
  ['Reshape', 'shape'],
  ['BatchNormalization', 'b', 'b', 'b', 'b'],
  ['Pad', 'shape'],
  ['Gather', 'i'],
  ['Slice', 'i', 'i'],
  ['Concat', 'shape'],
  ['Unsqueeze'],
  ['Squeeze'],
  ['ReduceMean'],
  ['CastLike', 'x'],
  ['Expand', 'shape'],
  ['Tile', 'shape'],
  ['Resize', '', '', 'shape'],
  ['Split'],
  ['Transpose'],
  ['ConvTranspose', 'f'],
  ['LayerNormalization', 'b', 'b'],
  ['GroupNormalization', 'b', 'b'],
  ['LpPool'],
  ['LRN'],
  ['CumSum', 'i'],
  ['ConstantOfShape'],
  ['ReduceProd', 'i'],
  ['DepthToSpace'],
  ['Pow', 's'],
  ['PRelu', 'b'],
  ['Range', 's', 's'],
  ['Hardmax'],
  ['Where', 'b', 's'],
  ['Greater', 's'],
  ['QuantizeLinear', 's', 'z'],
  ['QuantizeLinear', 's', 'u'],
  ['DequantizeLinear', 's', 'z'],
  ['DequantizeLinear', 's', 'u'],
  ['QLinearMatMul', 's', 'z', 'v', 's', 'u', 's', 'z'],
  ['QLinearConv', 's', 'z', 'c', 's', 'z', 's', 'z'],
];

/** Mostly nothing. */
const seldom = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const names = ['', 'x', 'w', 'b', 's', 'f', 'shape', 'i', 'z', 'v', 'none', 'v0', 'v1', 'v2'];
const size = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer(), fc.maxSafeInteger());
const sizes = fc.oneof(fc.tuple(size, size), fc.tuple(size, size, size, size), fc.array(size, { maxLength: 9 }));
const float = fc.float().map((value) => ({ float: value }));
const anyAttributes = fc.record(
  {
    ...{ kernel_shape: sizes, pads: sizes, strides: sizes, dilations: sizes, axes: sizes, value_ints: sizes },
    ...{ axis: size, transB: size, group: size, ceil_mode: size, count_include_pad: size, allowzero: size },
    ...{
      size,
      blocksize: size,
      num_groups: size,
      p: size,
      keepdims: size,
      perm: sizes,
      split: sizes,
      output_shape: sizes,
    },
    ...{ alpha: float, beta: float, epsilon: float, ratio: float, value_float: float },
    auto_pad: fc.constantFrom('VALID', 'SAME_UPPER', 'SAME_LOWER', 'NOTSET', ''),
  },
  { requiredKeys: [] },
);
const poolAttributes = fc.record({ kernel_shape: fc.tuple(size, size) });
const attributes = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: poolAttributes },
  anyAttributes,
);
const graph = fc.record({
  nodes: fc.array(
    fc.record({
      operator: fc.constantFrom(...likely),
      attributes,
      inputs: seldom(fc.array(fc.constantFrom(...names), { maxLength: 5 })),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  inputShape: fc.constantFrom<(string | number)[][]>(['n', 3], ['n', 1, 4, 4], [2, 3]),
  opset: fc.constantFrom(9, 17, 20),
});

/** A model of any operators with any attributes, as likely as not a chain. */
export async function graphOf(dice: Dice): Promise<Uint8Array> {
  const { nodes, ...rest } = dice.value(graph);
  const made = nodes.map(({ operator: [operator, ...others], attributes, inputs }, i) => {
    const given = inputs ?? [i === 0 ? 'x' : `v${i - 1}`, ...others];
    return [operator, given, `v${i}`, { attributes }] as const;
  });
  return (await modelCodec()).encode(modelOf({ nodes: made, tensors, ...rest }));
}
