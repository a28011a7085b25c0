import { BlasnetError, badArgument, clipped, reasonOf } from '../core/errors.js';
import { checkOptions, isFields, oneOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { InputType } from '../graph/node.js';
import { type Ops, operationNames } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { checkedShape } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * One operation of an `OperationLayer`, as JSON. Its arguments are those of the method of `Ops`, where `{ input: i }` stands
 * for an input of the layer, `{ result: i }` for the result of an earlier step, `{ parameter: name }` for a parameter, and
 * `{ number: 'Infinity' }`, '-Infinity' or 'NaN' for a number that JSON does not have. In a list of lengths 'rows' stands
 * for the number of rows.
 */
export interface OperationStep {
  readonly operation: keyof Ops;
  readonly arguments: readonly unknown[];
}

/** A parameter of an `OperationLayer`. */
export interface OperationParameter {
  readonly shape: readonly number[];
  /** Whether training changes it; default true. */
  readonly trainable?: boolean | undefined;
}

/** Options of `OperationLayer`. */
export interface OperationOptions {
  /** The operations in order. The result of the last one is the layer's output. */
  readonly steps: readonly OperationStep[];
  /** How many inputs the layer takes; default 1. */
  readonly inputs?: number | undefined;
  /** The parameters by name; they begin with zeros. */
  readonly parameters?: Readonly<Record<string, OperationParameter>> | undefined;
}

const numbers = { Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY, NaN: Number.NaN } as const;

/** Limit on the depth of lists and objects in arguments. */
const deepest = 4;

/** The values that references stand for while the layer is called. */
interface Scope {
  readonly inputs: readonly Value[];
  readonly results: readonly Value[];
  readonly parameters: Readonly<Record<string, Value>>;
}

/**
 * A layer of operations that are data, not code: files hold it, and no class has to be registered. `NeuralNet.fromOnnx`
 * makes such layers of nodes that have no layer of their own. See {@link OperationStep} for the arguments.
 * @example
 * ```ts
 * import { OperationLayer, Tensor } from 'blasnet';
 *
 * // The length of each row: √Σx²
 * const length = new OperationLayer({
 *   steps: [
 *     { operation: 'square', arguments: [{ input: 0 }] },
 *     { operation: 'sum', arguments: [{ result: 0 }, -1, { keepDims: true }] },
 *     { operation: 'sqrt', arguments: [{ result: 1 }] },
 *   ],
 * });
 * length.forward(Tensor.from([[3, 4]])).toArray(); // → [ [ 5 ] ]
 * new OperationLayer({ steps: [] }); // throws ERR_BAD_ARGUMENT
 * ```
 */
export class OperationLayer extends Layer {
  override readonly kind: string;
  readonly steps: readonly OperationStep[];
  readonly #inputs: number | undefined;
  readonly #parameters: Readonly<Record<string, OperationParameter>>;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown operation, or a reference to what there is not */
  constructor(options: OperationOptions) {
    super();
    checkOptions(options, ['steps', 'inputs', 'parameters']);
    const { steps, inputs, parameters = {} } = options;
    if (inputs !== undefined) checkedSize('inputs', inputs);
    if (!isFields(parameters)) throw badArgument('parameters', 'an object', parameters);
    for (const [name, parameter] of Object.entries(parameters)) {
      checkOptions(parameter, ['shape', 'trainable'], `parameter ${clipped(name, 60)}`);
      const lengths = checkedShape(parameter.shape, `the shape of parameter ${clipped(name, 60)}`);
      if (lengths.includes(0)) throw badArgument(`the shape of parameter ${clipped(name, 60)}`, 'lengths above 0', 0);
    }
    if (!Array.isArray(steps) || steps.length === 0) throw badArgument('steps', 'a list of one step or more', steps);
    this.#inputs = inputs;
    this.#parameters = parameters;
    this.steps = steps.map((step, i) => this.#checked(step, i));
    this.kind = this.steps.at(-1)!.operation;
  }

  override get inputCount(): number {
    return this.#inputs ?? 1;
  }

  /** int32 for an input that operations read as whole numbers. */
  override inputType(input: number): InputType {
    const isWhole = this.steps.some(({ operation, arguments: [first, second] }) => {
      const read = operation === 'nonZero' ? first : wholeSecond.has(operation) ? second : undefined;
      return isFields(read) && read.input === input;
    });
    return isWhole ? 'int32' : 'float32';
  }

  override get config(): LayerConfig {
    const parameters = Object.keys(this.#parameters).length === 0 ? undefined : this.#parameters;
    return { type: 'OperationLayer', steps: this.steps, ...definedFields({ inputs: this.#inputs, parameters }) };
  }

  override get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    return Object.keys(this.#parameters).length === 0 ? {} : super.parameterShapes;
  }

  override build(): ParameterSpecs {
    const specs = Object.entries(this.#parameters).map(([name, { shape, trainable = true }]) => [
      name,
      { shape, init: 0, trainable },
    ]);
    return Object.fromEntries(specs);
  }

  override call(ops: Ops, inputs: readonly Value[], parameters: Readonly<Record<string, Value>>): Value {
    const results: Value[] = [];
    const scope: Scope = { inputs, results, parameters };
    for (const step of this.steps) {
      const given = step.arguments.map((argument) => valueFor(argument, scope));
      try {
        results.push((ops[step.operation] as (...values: unknown[]) => Value)(...given));
      } catch (cause) {
        if (cause instanceof BlasnetError) throw cause;
        // Arguments of other types than the operation takes, which files may hold.
        throw badArgument(`the arguments of ${step.operation}`, 'those of the operation', reasonOf(cause));
      }
    }
    return results.at(-1)!;
  }

  #checked(step: OperationStep, place: number): OperationStep {
    const where = `steps[${place}]`;
    checkOptions(step, ['operation', 'arguments'], where);
    const operation = oneOf(`the operation of ${where}`, operationNames, step.operation);
    if (!Array.isArray(step.arguments)) throw badArgument(`the arguments of ${where}`, 'a list', step.arguments);
    for (const argument of step.arguments) this.#requireKnown(argument, place, 0);
    return { operation, arguments: step.arguments };
  }

  #requireKnown(argument: unknown, place: number, depth: number): void {
    const what = `the arguments of steps[${place}]`;
    if (depth > deepest) throw badArgument(what, `lists at most ${deepest} deep`, 'deeper ones');
    if (Array.isArray(argument)) {
      for (const one of argument) this.#requireKnown(one, place, depth + 1);
      return;
    }
    if (!isFields(argument)) return;
    const [key, id] = referenceIn(argument) ?? [];
    const isWithin = (end: number) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < end;
    if (key === 'input' && !isWithin(this.inputCount)) throw badArgument(what, `inputs below ${this.inputCount}`, id);
    if (key === 'result' && !isWithin(place)) throw badArgument(what, 'results of earlier steps', id);
    if (key === 'parameter' && !(typeof id === 'string' && Object.hasOwn(this.#parameters, id))) {
      throw badArgument(what, 'parameters of the layer', id);
    }
    if (key === 'number') oneOf(what, Object.keys(numbers), id);
    if (key === undefined) for (const one of Object.values(argument)) this.#requireKnown(one, place, depth + 1);
  }
}

/** Operations whose second argument may be whole numbers. */
const wholeSecond: ReadonlySet<string> = new Set(['embedding', 'embeddingBag', 'gather']);

const referenceKeys = ['input', 'result', 'parameter', 'number'];

/** The only field of an object that is a reference. */
function referenceIn(argument: Readonly<Record<string, unknown>>): readonly [key: string, id: unknown] | undefined {
  const fields = Object.entries(argument);
  return fields.length === 1 && referenceKeys.includes(fields[0]![0]) ? fields[0] : undefined;
}

/** An argument with what its references stand for. */
function valueFor(argument: unknown, scope: Scope): unknown {
  if (Array.isArray(argument)) {
    return argument.map((one) => (one === 'rows' ? scope.inputs[0]!.shape[0] : valueFor(one, scope)));
  }
  if (!isFields(argument)) return argument;
  const [key, id] = referenceIn(argument) ?? [];
  if (key === 'input') return scope.inputs[id as number];
  if (key === 'result') return scope.results[id as number];
  if (key === 'parameter') return scope.parameters[id as string];
  if (key === 'number') return numbers[id as keyof typeof numbers];
  return Object.fromEntries(Object.entries(argument).map(([name, one]) => [name, valueFor(one, scope)]));
}

registerLayer('OperationLayer', (fields) => new OperationLayer(fields as unknown as OperationOptions));
