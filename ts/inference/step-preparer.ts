import { badArgument, clipped, shapeMismatch } from '../core/errors.js';
import { isFields } from '../core/fields.js';
import type { NetType } from '../core/net-type.js';
import { mapNamed } from '../data/by-name.js';
import type { RowCells } from '../data/csv-options.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import { predictionOf } from '../data/preparation/prediction.js';
import {
  byName,
  type FeatureScaling,
  type InputPreparation,
  type LabelScaling,
  type OutputPreparation,
  type Preparation,
} from '../data/preparation/preparation.js';
import type { GraphInput } from '../net/net-graph.js';
import { type AnyTensor, type DType, sizeOf, Tensor } from '../tensor/tensor.js';
import type { Answers } from './row-predictor.js';
import { isSequence, type StepNumbers, stepNumbers } from './step-numbers.js';

/** One raw step: numbers, cells by column name (a list of them for several sequences), or numbers by the inputs' names. */
export type RawStep = StepNumbers | RowCells | readonly RowCells[] | Readonly<Record<string, StepNumbers>>;

/** The net whose steps are prepared. */
interface SteppedNet {
  readonly inputs: readonly GraphInput[];
  readonly dtype: DType;
  /** How many sequences go on side by side. */
  readonly rows: number;
  /** Names of inputs that are given with the first step of a sequence, whole. */
  readonly wholeInputs: readonly string[];
}

/** Applies the preparation of whole sequences to one step of them: makes numbers of raw steps, and answers from outputs. */
export class StepPreparer {
  readonly #net: SteppedNet;
  /** By the names of the preparation's inputs, which are the net's, but for a lone one. */
  readonly #inputs: Readonly<Record<string, InputPreparation>>;
  readonly #targets: Readonly<Record<string, OutputPreparation>>;
  readonly #preparer: NamedPreparer;
  /** Of steps without the whole inputs. */
  readonly #later: NamedPreparer;
  #answerer: NamedPreparer | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation without a rule for single steps */
  constructor(preparation: Preparation, net: SteppedNet) {
    this.#net = net;
    const { inputs, targets } = byName(preparation);
    const [lone] = net.inputs.length === 1 ? net.inputs : [];
    this.#inputs = mapNamed(inputs, (input, name) => {
      const own = lone ?? net.inputs.find((one) => one.name === name);
      const shape = own?.rowShape ?? input.inputShape;
      const isStepped = isSequence({ rowShape: shape, dtype: input.dtype ?? own?.dtype ?? 'float32' });
      return isStepped && !net.wholeInputs.includes(name) ? ofStep(name, input) : input;
    });
    this.#targets = mapNamed(targets, ({ y, classes }) => ({ ...(y && { y }), ...(classes && { classes }) }));
    this.#preparer = new NamedPreparer({ inputs: this.#inputs, targets: this.#targets });
    const stepped = Object.entries(this.#inputs).filter(([name]) => !net.wholeInputs.includes(name));
    this.#later =
      net.wholeInputs.length === 0
        ? this.#preparer
        : new NamedPreparer({ inputs: Object.fromEntries(stepped), targets: this.#targets });
  }

  /** That for a raw step, which has the whole inputs or leaves them out. */
  #preparerOf(raw: unknown): NamedPreparer {
    const { wholeInputs } = this.#net;
    const isByName = isFields(raw) && !(raw instanceof Tensor) && !ArrayBuffer.isView(raw);
    return isByName && !wholeInputs.some((name) => Object.hasOwn(raw, name)) ? this.#later : this.#preparer;
  }

  /**
   * Scales a raw step, by the names of the net's inputs.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for what is no step
   */
  inputsFrom(raw: unknown): Readonly<Record<string, AnyTensor>> {
    const preparer = this.#preparerOf(raw);
    const encoded = preparer.encode(this.#rowsOf(raw, preparer) as AnyTensor, this.#net.dtype);
    const prepared = preparer.prepareSync(encoded, this.#net.dtype);
    const { inputs } = this.#net;
    return inputs.length === 1 ? { [inputs[0]!.name]: Object.values(prepared)[0]! } : prepared;
  }

  /** Makes answers from the outputs of a step. */
  answers(names: readonly string[], taskOf: (output: number) => NetType, outputs: readonly Tensor[]): Answers {
    this.#answerer ??= new NamedPreparer({
      inputs: this.#inputs,
      targets: mapNamed(this.#targets, (target, name) => {
        const place = outputs.length === 1 ? 0 : names.indexOf(name);
        return ofStepAnswer(name, target, outputs[place]?.rowSize);
      }),
    });
    return this.#answerer.answers(names, taskOf, outputs);
  }

  /** Rows as a preparer takes them: a list of cells, or tensors by name with a row for each sequence. */
  #rowsOf(raw: unknown, preparer: NamedPreparer): unknown {
    const names = preparer.inputNames;
    const isByName = isFields(raw) && !(raw instanceof Tensor) && !ArrayBuffer.isView(raw);
    if (isByName && names.every((name) => name !== '' && Object.hasOwn(raw, name))) {
      return mapNamed(raw as Readonly<Record<string, unknown>>, (value, name) => this.#numbersOf(name, value));
    }
    const list: unknown = isByName ? [raw] : raw;
    if (Array.isArray(list) && list.length > 0 && list.every((row) => isFields(row) && !ArrayBuffer.isView(row))) {
      if (list.length === this.#net.rows) return list;
      throw shapeMismatch('x', `cells for ${this.#net.rows} sequences`, `${list.length}`);
    }
    if (names.length > 1) {
      const listed = names.map((name) => `'${clipped(name, 60)}'`).join(', ');
      throw badArgument('x', `steps by the names of the inputs (${listed})`, raw);
    }
    return { [names[0]!]: this.#numbersOf(names[0]!, raw) };
  }

  #numbersOf(name: string, given: unknown): unknown {
    const input = this.#inputs[name];
    // The preparer tells of names that it does not know.
    if (!input) return given;
    const what = name === '' ? 'x' : `input '${clipped(name, 60)}'`;
    const values = stepNumbers(what, given, input.dtype ?? this.#net.dtype);
    const { rows } = this.#net;
    const shape = [rows, ...input.inputShape];
    if (values.size === sizeOf(shape)) return values.reshape(shape);
    throw shapeMismatch(what, `${sizeOf(shape)} numbers for a step of shape [${shape.join(', ')}]`, `${values.size}`);
  }
}

/** The answers of outputs whose net has no preparation. */
export function plainAnswers(
  names: readonly string[],
  taskOf: (output: number) => NetType,
  outputs: readonly Tensor[],
): Answers {
  const answers = outputs.map((output, i) => predictionOf({}, taskOf(i), output));
  return answers.length === 1 ? answers[0]! : Object.fromEntries(names.map((name, i) => [name, answers[i]!]));
}

/** The preparation of one step of sequences. */
function ofStep(name: string, { inputShape, dtype, x, columns, window }: InputPreparation): InputPreparation {
  if (columns && !window) {
    const received = `one of ${columns.map((column) => `'${clipped(column.name, 60)}'`).join(', ')}`;
    throw unprepared(name, 'a preparation with columns for each step', received);
  }
  const shape = inputShape.length > 1 ? inputShape.slice(1) : [1];
  const scaling = x && scalingOfStep(name, x, sizeOf(shape));
  return { inputShape: shape, ...(dtype && { dtype }), ...(scaling && { x: scaling }), ...(columns && { columns }) };
}

function scalingOfStep(name: string, x: FeatureScaling, size: number): FeatureScaling {
  const { per, offset, scale } = x;
  if (per !== 'column' || !(repeats(offset, size) && repeats(scale, size))) {
    throw unprepared(name, 'a scaling that is the same for each step', 'one that differs from step to step');
  }
  return { ...x, offset: offset.slice(0, size), scale: scale.slice(0, size) };
}

/** @param width - numbers of the output at a step */
function ofStepAnswer(name: string, target: OutputPreparation, width: number | undefined): OutputPreparation {
  const { y } = target;
  if (!y || width === undefined || y.offset.length === width) return target;
  const isSame = y.offset.length % width === 0 && repeats(y.offset, width) && repeats(y.scale, width);
  if (!isSame) throw unprepared(name, 'labels with one scaling for each step', 'labels that are scaled in another way');
  const cut: LabelScaling = { offset: y.offset.slice(0, width), scale: y.scale.slice(0, width) };
  return { ...target, y: cut };
}

const repeats = (numbers: readonly number[], size: number) => numbers.every((n, i) => n === numbers[i % size]);

function unprepared(name: string, expected: string, received: string) {
  const what = `the preparation of ${name === '' ? 'the steps' : `steps of '${clipped(name, 60)}'`}`;
  return badArgument(what, expected, received, 'prepare the steps yourself and call stream.step');
}
