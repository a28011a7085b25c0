import { type LayerPart, layerParts, type Workload } from '../workloads.js';

/**
 * A net as an ONNX model, input `x` (rows×inputs) to output `y`, written as the protocol buffers that onnx.proto of
 * version 1.8 describes; the numbers in the calls below are its field numbers.
 */
export function onnxModel(workload: Workload, parameters: Float32Array): Uint8Array {
  const layers = layerParts(workload, parameters);
  const nodes: Buffer[] = [];
  let value = 'x';
  layers.forEach((_, i) => {
    const isLast = i === layers.length - 1;
    const kind = isLast ? workload.last : workload.hidden;
    nodes.push(node('Gemm', [value, `w${i}`, `b${i}`], isLast && kind === 'identity' ? 'y' : `z${i}`));
    value = isLast ? 'y' : `a${i}`;
    if (kind !== 'identity') nodes.push(node(operators[kind], [`z${i}`], value));
  });
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, workload.name),
    ...layers.flatMap((layer, i) => initializers(layer, i).map((bytes) => field(5, bytes))),
    field(11, valueInfo('x', workload.widths[0]!)),
    field(12, valueInfo('y', workload.widths.at(-1)!)),
  ];
  const operatorSet = Buffer.concat([field(1, ''), field(2, 13)]);
  return Buffer.concat([field(1, 7), field(7, Buffer.concat(graph)), field(8, operatorSet)]);
}

const operators = { relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh', softmax: 'Softmax' };

const node = (operator: string, inputs: readonly string[], output: string) =>
  Buffer.concat([...inputs.map((input) => field(1, input)), field(2, output), field(3, output), field(4, operator)]);

const initializers = ({ inputs, outputs, weights, bias }: LayerPart, i: number) => [
  tensor(`w${i}`, [inputs, outputs], weights),
  tensor(`b${i}`, [outputs], bias),
];

const float = 1; // TensorProto.DataType.FLOAT

function tensor(name: string, shape: readonly number[], { buffer, byteOffset, byteLength }: Float32Array): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return Buffer.concat([...shape.map((size) => field(1, size)), field(2, float), field(8, name), field(9, bytes)]);
}

/** A matrix of any number of rows. */
function valueInfo(name: string, columns: number): Buffer {
  const dimensions = [field(2, 'rows'), field(1, columns)].map((dimension) => field(1, dimension));
  const type = Buffer.concat([field(1, float), field(2, Buffer.concat(dimensions))]);
  return Buffer.concat([field(1, name), field(2, field(1, type))]);
}

/** One field of a protocol buffer: a whole number as a varint, anything else by its length and bytes. */
export function field(number: number, value: number | string | Uint8Array): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
