import { NamedPreparer } from '../data/preparation/named-preparer.js';
import type { InputPreparation } from '../data/preparation/preparation.js';
import type { Answers } from '../inference/row-predictor.js';
import { isSequence } from '../inference/step-numbers.js';
import type { RawStep } from '../inference/step-preparer.js';
import { sizeOf, Tensor } from '../tensor/tensor.js';
import { answerOf, answerParts } from './description.js';
import type { InferRequest, InputTensor } from './infer-request.js';
import { badRequest, wrong } from './problem.js';
import { cellsOf, numbersOfRows, requireFew } from './rows.js';
import type { ServedNet } from './served-net.js';

/** An input of which a request of a sequence brings steps, or a whole row where it is no sequence. */
interface SteppedInput {
  readonly name: string;
  readonly isStepped: boolean;
  /** Whether it comes with the first step of a sequence only. */
  readonly isWhole: boolean;
  readonly stepShape: readonly number[];
  readonly dtype: InputPreparation['dtype'];
}

/**
 * Returns the raw steps of a request: numbers by the names of the net's inputs, or cells of the columns of a time series.
 * @throws Problem 400 for inputs that do not fit, 413 for too many steps
 */
export function sequenceStepsOf(net: ServedNet, { inputs }: InferRequest, maxSteps: number): readonly RawStep[] {
  const { preparer } = net;
  const columns = preparer instanceof NamedPreparer ? preparer.columns : preparer.preparation?.columns;
  const expected = steppedInputs(net);
  const isByInput = expected.every(({ name, isWhole }) => isWhole || inputs.some((input) => input.name === name));
  if (columns && !isByInput) {
    const names = columns.map(({ name }) => name);
    return stepsOfCells(inputs, names, maxSteps);
  }
  const other = inputs.find(({ name }) => !expected.some((one) => one.name === name));
  if (other) throw wrong('inputs', `inputs among ${expected.map(({ name }) => name).join(', ')}`, other.name);
  const given = expected.filter(({ name, isWhole }) => !isWhole || inputs.some((input) => input.name === name));
  const parts = given.map((one) => partOf(net, one, inputs, maxSteps));
  const steps = parts.find((_, i) => given[i]!.isStepped)?.length ?? 1;
  const odd = parts.findIndex((part, i) => given[i]!.isStepped && part.length !== steps);
  if (odd >= 0) throw badRequest(`input '${given[odd]!.name}'`, `${steps} steps`, `${parts[odd]!.length}`);
  if (expected.length === 1) return parts[0]!;
  return Array.from({ length: steps }, (_, step) => {
    const own = given.map(({ name, isStepped }, i) => [name, parts[i]![isStepped ? step : 0]!] as const);
    return Object.fromEntries(own.filter((_part, i) => step === 0 || !given[i]!.isWhole));
  });
}

function steppedInputs({ net, preparer, rowShape, sequences }: ServedNet): readonly SteppedInput[] {
  const inputs = preparer instanceof NamedPreparer ? preparer.inputs : { '': { inputShape: rowShape } };
  const lone = net.inputs.length === 1 ? net.inputs[0] : undefined;
  return Object.entries(inputs).map(([name, { inputShape, dtype }]: [string, InputPreparation]) => {
    const own = lone ?? net.inputs.find((input) => input.name === name);
    const isWhole = sequences.wholeInputs.includes(name);
    const shape = own?.rowShape ?? inputShape;
    const isStepped = !isWhole && isSequence({ rowShape: shape, dtype: dtype ?? own?.dtype ?? 'float32' });
    return {
      name: name || 'input',
      isStepped,
      isWhole,
      stepShape: isStepped ? inputShape.slice(1) : inputShape,
      dtype,
    };
  });
}

/** The numbers of an input at each step. */
function partOf(
  net: ServedNet,
  { name, isStepped, stepShape, dtype }: SteppedInput,
  inputs: readonly InputTensor[],
  maxSteps: number,
) {
  const input = inputs.find((one) => one.name === name);
  if (!input) throw badRequest('inputs', `an input '${name}'`, 'none');
  const size = sizeOf(stepShape);
  const steps = isStepped ? stepsIn(input, size, stepShape) : 1;
  if (input.size !== steps * size) {
    throw badRequest(
      `the shape of input '${name}', which is no sequence,`,
      `[1, ${stepShape.join(', ')}]`,
      `[${input.shape.join(', ')}]`,
    );
  }
  requireFew(steps, maxSteps, 'steps');
  const numbers = numbersOfRows(input, dtype, net.dtype);
  return Array.from({ length: steps }, (_, step) => numbers.subarray(step * size, (step + 1) * size));
}

/** Returns the number of steps in a tensor: [steps, ..], [1, steps, ..], or one step without that dimension. */
function stepsIn({ name, shape, size }: InputTensor, stepSize: number, stepShape: readonly number[]): number {
  const steps = size / stepSize;
  const isRight = steps === 1 || shape[0] === steps || (shape[0] === 1 && shape[1] === steps);
  if (Number.isInteger(steps) && isRight) return steps;
  throw badRequest(
    `the shape of input '${name}'`,
    `steps of a sequence, [${['steps', ...stepShape].join(', ')}],`,
    `[${shape.join(', ')}]`,
  );
}

function stepsOfCells(inputs: readonly InputTensor[], names: readonly string[], maxSteps: number): readonly RawStep[] {
  const missing = names.find((name) => !inputs.some((input) => input.name === name));
  if (missing !== undefined) throw badRequest('inputs', `an input '${missing}'`, 'none');
  const steps = stepsIn(inputs[0]!, 1, []);
  requireFew(steps, maxSteps, 'steps');
  const cells: Record<string, string | number>[] = Array.from({ length: steps }, () => Object.create(null));
  for (const input of inputs) {
    if (!names.includes(input.name)) throw wrong('inputs', 'the columns of the model', input.name);
    if (stepsIn(input, 1, []) !== steps) throw badRequest(`input '${input.name}'`, `${steps} steps`, `${input.size}`);
    for (const [i, cell] of cellsOf(input).entries()) cells[i]![input.name] = cell;
  }
  return cells;
}

/** The answers to several steps as those to several rows. */
export function joinedSteps(answers: readonly Answers[]): Answers {
  const names = new Set(answerParts(answers[0]!).map(({ output }) => output));
  const joined = [...names].map((output) => {
    const each = answers.map((answer) => answerOf(answer, { output }));
    const [{ outputs: first, classes }] = each as [(typeof each)[number]];
    const outputs = Tensor.zeros([answers.length, ...first.shape.slice(1)], first.dtype);
    for (const [i, { outputs: one }] of each.entries()) outputs.data.set(one.data, i * first.size);
    const all = classes && each.flatMap((one) => one.classes ?? []);
    return [output, { outputs, ...(all && { classes: all }) }] as const;
  });
  const [[only, answer]] = joined as [(typeof joined)[number]];
  return only === undefined ? answer : Object.fromEntries(joined);
}
