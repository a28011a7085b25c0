import type { NetType } from '../../../index.js';
import { oneOfWords } from '../../values.js';
import { type SettingOption, setting } from '../settings.js';

/** The short names of the types of nets. */
const types: Readonly<Record<string, NetType>> = {
  fitting: 'fitting',
  binary: 'binaryClassifier',
  multiple: 'multipleClassifier',
};
const typeOf = oneOfWords(Object.keys(types));

/**
 * The options that say what net is trained.
 * @param activations - the names of all activations; undefined where the library cannot be loaded
 */
export function netOptions(activations: readonly string[] | undefined): readonly SettingOption[] {
  return [
    setting(
      'hyperParameters.netType',
      '--type <type>',
      `task: ${Object.keys(types).join(', ')} (default: follows from the labels)`,
      { parse: (text) => types[typeOf(text)]! },
    ),
    setting(
      'net',
      '--net <widths>',
      'widths of hidden layers, 32-16, of all layers, 14-32-16-1, or none; of a time series also recurrent ones, gru32-16 or lstm32 (default: 64-32; of a time series gru32, of texts none)',
    ),
    setting('activation', '--activation <name>', `after each hidden layer${named(activations)}`, {
      ...(activations && { parse: oneOfWords(activations) }),
      fallback: 'relu',
    }),
    setting(
      'command.config',
      '--config <file>',
      'layers, hyperparameters and reader options as JSON; options of the command line override them',
    ),
  ];
}

/** The names for the help. */
export const named = (names: readonly string[] | undefined) => (names ? `: ${names.join(', ')}` : '');
