// @internal
import { badArgument } from '../../core/errors.js';
import { repeated } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import { elementTypeName, elementTypes, type ValueMessage } from '../messages.js';
import { quote } from './quote.js';

/** The option `outputs` of `NeuralNet.fromOnnx`: the name of one output, or a list of names. */
export type OutputChoice = string | readonly string[] | undefined;

/** Checks the type of the option. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedChoice(choice: unknown): readonly string[] | undefined {
  if (choice === undefined) return undefined;
  const names: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  const isName = (name: unknown) => typeof name === 'string' && name !== '';
  if (names.length === 0 || !names.every(isName)) throw badArgument('outputs', 'names of outputs', choice);
  const twice = repeated(names as readonly string[]);
  if (twice !== undefined) throw badArgument('outputs', 'each output once', twice);
  return names as readonly string[];
}

/**
 * The names of the outputs that the net computes: those that are asked for, or all that hold floating-point numbers. Class
 * labels (integers or strings) cannot be outputs of a net.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a choice that cannot be met, `ERR_BAD_FILE` where there is none
 */
export function chosenOutputs(
  outputs: readonly ValueMessage[],
  where: string,
  choice?: OutputChoice,
): readonly string[] {
  const names = listOf(outputs);
  const numeric = outputs.filter(isNumeric);
  const chosen = checkedChoice(choice);
  for (const name of chosen ?? []) {
    const found = outputs.find((output) => output.name === name);
    if (!found) throw badArgument('outputs', `one of the outputs of ${where}, ${names},`, name);
    if (!isNumeric(found)) {
      const others = numeric.length > 0 ? `, ${listOf(numeric)}` : '';
      throw badArgument('outputs', `an output of floating-point numbers${others}, since ${labels(found)},`, name);
    }
  }
  if (chosen) return chosen;
  if (outputs.length === 0) throw badFile(where, 'at least one output', 'none');
  if (numeric.length === 0) {
    throw badFile(where, 'an output of floating-point numbers', `${names}, since ${labels(outputs[0]!)}`);
  }
  const twice = repeated(numeric.map(({ name }) => name));
  if (twice !== undefined) throw badFile(where, 'each output once', `${quote(twice)} twice`);
  return numeric.map(({ name }) => name);
}

/** ZipMap gives a sequence of maps from class to probability; a file need not tell the type of an output. */
function isNumeric({ type }: ValueMessage): boolean {
  const elemType = type?.tensorType?.elemType ?? 0;
  const isFloat = elemType === 0 || elemType === elementTypes.float32 || elemType === elementTypes.float64;
  return isFloat;
}

const labels = (output: ValueMessage) =>
  `${quote(output.name)} holds ${elementTypeName(output.type?.tensorType?.elemType)}, such as class labels, which no layer computes`;

/** The outputs with their types: 'label' (int64), 'probabilities' (float32). */
function listOf(outputs: readonly ValueMessage[]): string {
  const shown = outputs.slice(0, 8).map(({ name, type }) => {
    if (type?.sequenceType) return `${quote(name)} (probabilities by class)`;
    const elemType = type?.tensorType?.elemType;
    return elemType ? `${quote(name)} (${elementTypeName(elemType)})` : quote(name);
  });
  return shown.join(', ') + (outputs.length > 8 ? ', …' : '');
}
