// @internal
import { badArgument } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { elementTypeName, elementTypes, type ValueMessage } from '../messages.js';
import { quote } from './quote.js';

/** The option `outputs` of `NeuralNet.fromOnnx`: the name of one output, or a list with one name. */
export type OutputChoice = string | readonly string[] | undefined;

/** Checks the type of the option. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedChoice(choice: unknown): string | undefined {
  const names: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  const [name] = names;
  if (choice === undefined) return undefined;
  if (typeof name !== 'string' || name === '') throw badArgument('outputs', 'the name of an output', choice);
  if (names.length > 1) throw badArgument('outputs', 'one name, since a net has one output,', choice);
  return name;
}

/**
 * The name of the output that the net computes: the one that is asked for, the only one, or the only one that holds floating-point
 * numbers. Class labels (integers or strings) cannot be the output of a net.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a choice that cannot be met, `ERR_BAD_FILE` where a choice is needed
 */
export function chosenOutput(outputs: readonly ValueMessage[], where: string, choice?: OutputChoice): string {
  const names = listOf(outputs);
  const numeric = outputs.filter(isNumeric);
  const name = checkedChoice(choice);
  if (name !== undefined) {
    const found = outputs.find((output) => output.name === name);
    if (!found) throw badArgument('outputs', `one of the outputs of ${where}, ${names},`, name);
    if (!isNumeric(found)) {
      const others = numeric.length > 0 ? `, ${listOf(numeric)}` : '';
      throw badArgument('outputs', `an output of floating-point numbers${others}, since ${labels(found)},`, name);
    }
    return name;
  }
  if (outputs.length === 0) throw badFile(where, 'at least one output', 'none');
  const [only] = numeric;
  if (!only) {
    throw badFile(where, 'an output of floating-point numbers', `${names}, since ${labels(outputs[0]!)}`);
  }
  if (numeric.length > 1) {
    const expected = `one output, or the option outputs with the name of one of them (outputs: ${quote(only.name)})`;
    throw badFile(where, expected, `${outputs.length} outputs: ${names}`);
  }
  return only.name;
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
