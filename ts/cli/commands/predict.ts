import { type Command, Option } from 'commander';
import type { PredictFlags } from '../predict/run.js';

/** `blasnet predict`. */
export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .description('predict rows of a file, or of the standard input')
    .argument('<model>', 'a model: .safetensors or .onnx')
    .argument(
      '<data>',
      'CSV with the raw columns in any order (others are left out), npz with data, JSON, or - for JSON',
    )
    .option('-o, --out <file>', 'write there (default: the standard output)')
    .addOption(
      new Option('--format <format>', 'default: by --out, else json for JSON rows and csv').choices(['csv', 'json']),
    )
    .option('--no-header', 'the first line of the CSV file is a row; its columns are called 0, 1, …')
    .option('--delimiter <text>', 'what stands between cells (default: a comma; a tab in .tsv)')
    .addHelpText(
      'after',
      `
JSON rows are one array, or one row a line: {"bedrooms": 3, …} by column, or [3, …] in the columns' order.

Examples:
  $ blasnet predict model.safetensors houses.csv > predictions.csv
  $ blasnet predict iris.onnx iris.csv --format json
  $ echo '[{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]' |
      blasnet predict iris.safetensors -`,
    );
  command.action(async (model: string, data: string, flags: PredictFlags) => {
    const { runPredict } = await import('../predict/run.js');
    await runPredict(model, data, flags);
  });
}
