import type { Command } from 'commander';
import { addOptions, valuesOf } from '../option.js';
import { predictOptions } from '../predict/options.js';

/** Adds `blasnet predict`. */
export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .description('predict rows of a file, or of the standard input')
    .argument('<model>', 'a model: .safetensors or .onnx')
    .argument(
      '<data>',
      'CSV with the raw columns in any order (others are ignored), npz with data, JSON, or - for JSON from the standard input',
    );
  addOptions(command, 'Options:', Object.values(predictOptions));
  command.addHelpText(
    'after',
    `
JSON rows are one array, or one row a line: {"bedrooms": 3, …} by column, or [3, …] in the order of the columns.
A key that is absent, or null, is a missing cell; true and false are 1 and 0, or the categories of these names.

Examples:
  $ blasnet predict model.safetensors houses.csv > predictions.csv
  $ blasnet predict model.safetensors houses.csv --keep id price --out predictions.csv
  $ blasnet predict iris.onnx iris.csv --format json
  $ echo '[{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]' |
      blasnet predict iris.safetensors -`,
  );
  command.action(async (model: string, data: string) => {
    const { runPredict } = await import('../predict/run.js');
    await runPredict(model, data, valuesOf(command, predictOptions));
  });
}
