// @internal
import { badArgument } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import { sizeOf } from '../../tensor/tensor.js';
import { elementTypes, type ModelMessage, type TensorMessage, type ValueMessage } from '../messages.js';
import { quote } from './quote.js';

/**
 * Makes inputs of a model constants of it.
 * @param constants - the option `constants` of `NeuralNet.fromOnnx`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for names that are no inputs, and numbers that do not fit them
 */
export function withConstants(model: ModelMessage, constants: unknown, where: string): ModelMessage {
  if (constants === undefined) return model;
  const { graph } = model;
  if (!isFields(constants)) throw badArgument('constants', 'numbers by the names of inputs', constants);
  const inputs = graph?.input ?? [];
  const initializer = Object.entries(constants).map(([name, numbers]): TensorMessage => {
    const input = inputs.find((one) => one.name === name);
    if (!input) throw badArgument('constants', `names of inputs of ${where}`, name);
    const list: readonly unknown[] = Array.isArray(numbers) ? numbers : [numbers];
    if (!list.every((one) => Number.isFinite(one))) {
      throw badArgument(`constants.${name}`, 'a number or a list of numbers', numbers);
    }
    return tensorOf(input, list as readonly number[], Array.isArray(numbers));
  });
  const kept = inputs.filter(({ name }) => !Object.hasOwn(constants, name));
  // Messages of protobufjs are instances whose defaults are inherited.
  const own = graph && Object.assign(Object.create(Object.getPrototypeOf(graph)), graph, { input: kept });
  if (own) own.initializer = [...own.initializer, ...initializer];
  return Object.assign(Object.create(Object.getPrototypeOf(model)), model, { graph: own });
}

function tensorOf({ name, type }: ValueMessage, numbers: readonly number[], isList: boolean): TensorMessage {
  const dataType = type?.tensorType?.elemType ?? elementTypes.float32;
  const dims = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => (dimParam ? 0 : Number(dimValue ?? 0)));
  const isKnown = dims?.every((length) => length > 0) ?? false;
  const shape = isKnown ? dims! : isList || dims?.length === 1 ? [numbers.length] : [];
  if (sizeOf(shape) !== numbers.length || (dims && dims.length !== shape.length)) {
    const expected = `numbers of shape [${dims?.map((length) => length || 'any').join(', ')}]`;
    throw badArgument(`constants.${name}`, expected, `${numbers.length}`);
  }
  const field = (
    [
      [elementTypes.float32, 'floatData'],
      [elementTypes.float64, 'doubleData'],
      [elementTypes.int64, 'int64Data'],
      [elementTypes.int32, 'int32Data'],
      [elementTypes.bool, 'int32Data'],
    ] as const
  ).find(([number]) => number === dataType)?.[1];
  if (!field) throw badArgument(`constants.${name}`, 'an input of numbers', quote(name));
  const isWhole = field === 'int64Data' || field === 'int32Data';
  if (isWhole && !numbers.every((one) => Number.isSafeInteger(one))) {
    throw badArgument(`constants.${name}`, 'whole numbers', numbers);
  }
  return { name, dims: shape, dataType, [field]: numbers };
}
