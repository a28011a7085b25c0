import { type Command, Option } from 'commander';
import type { TrainFlags } from '../train/flags.js';
import { batchSize, positiveNumber, wholeNumber } from '../values.js';

const activations = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'softplus', 'tanh', 'sigmoid', 'identity'];
const optimizers = ['adam', 'adamW', 'sgd', 'momentum', 'nag', 'adaGrad', 'adaDelta', 'rmsProp'];

/** `blasnet train`. */
export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a net on a CSV or npz file, and write the model')
    .argument('<data>', 'CSV file with a header (.csv, .tsv, .data, .txt, plain or .gz), or npz with data and label')
    .optionsGroup('Data:')
    .option('-l, --label <columns...>', 'column or columns to predict; CSV files need it')
    .option('--test <file>', 'file of test rows, instead of a part of the data')
    .option('--split <k>', 'a k-th of the rows, at random, is the test set; 0: none (default: 5)', wholeNumber(0))
    .option('--validation <k>', 'a k-th of the others is for validation; 0: none (default: 10)', wholeNumber(0))
    .option('--ignore <columns...>', 'columns that are not features')
    .option('--columns <columns...>', 'the features; default: all but labels and ignored ones')
    .option(
      '--categorical [columns...]',
      'columns of names, one-hot (name) or numbered (name=number); without columns: all that begin with a text',
    )
    .option(
      '--missing <policies...>',
      'cells that are missing: error (default), drop, mean, median, category or a number; by column: name=policy',
    )
    .option('--no-header', 'the first line is a row; columns are called 0, 1, …')
    .option('--delimiter <text>', 'what stands between cells (default: a comma; a tab in .tsv)')
    .option('--no-normalize', 'take features, and labels for fitting, as they are')
    .optionsGroup('Net:')
    .addOption(
      new Option('--type <type>', 'what for; default: by the labels').choices(['fitting', 'binary', 'multiple']),
    )
    .option('--net <widths>', 'widths of hidden layers, 32-16, or of all, 14-32-16-1 (default: 64-32)')
    .addOption(new Option('--activation <name>', 'behind each hidden layer (default: relu)').choices(activations))
    .option('--config <file>', 'layers, hyperparameters and reader options as JSON; options given here go first')
    .optionsGroup('Training:')
    .option('-e, --epochs <n>', 'epochs at the most (default: 50, more where rows are few)', wholeNumber(1))
    .option('--batch <rows>', 'rows of a batch, or all (default: 32)', batchSize)
    .addOption(new Option('--optimizer <name>', '(default: adam)').choices(optimizers))
    .option(
      '--rate <number>',
      'learning rate (default: 0.001; sgd 0.1; momentum, nag, adaGrad 0.01)',
      positiveNumber({ orZero: false }),
    )
    .option(
      '--early-stop <p>',
      'stop after p epochs without a lower validation loss; keep the best weights',
      wholeNumber(1),
    )
    .option('--seed <n>', 'of weights, split and shuffling (default: 0)', wholeNumber(0))
    .option('--threads <n>', 'default: the physical cores', wholeNumber(1, 256))
    .option('--checkpoint <file>', 'write the state of the run there as it goes on')
    .option('--resume', 'go on from the --checkpoint file; the other options as before, or more --epochs')
    .optionsGroup('Output:')
    .option('-o, --out <file>', 'model: .safetensors or .onnx', 'model.safetensors')
    .option('--charts <folder>', 'loss chart as SVG and PNG (default: beside the model)')
    .option('--no-charts', 'without them')
    .option('-q, --quiet', 'print the test result only')
    .option('--json', 'print a summary as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ blasnet train houses.csv.gz --label price --ignore id date
  $ blasnet train iris.csv --label species --net 16-8 --epochs 200 --early-stop 20 --out iris.safetensors
  $ blasnet train people.csv --label income --categorical job city --missing median
  $ blasnet train digits.npz --type multiple --net 784-128-10 --checkpoint run.safetensors`,
    );
  command.action(async (data: string, flags: TrainFlags) => {
    const { runTrain } = await import('../train/run.js');
    await runTrain(data, flags);
  });
}
