import type { Command } from 'commander';
import { addOptions, givenOptions } from '../option.js';
import { type LibraryNames, trainOptions } from '../train/options/index.js';
import { joined, nested } from '../train/settings.js';

/** Adds `blasnet train`. */
export function addTrain(program: Command, names: LibraryNames = {}): void {
  const groups = trainOptions(names);
  const command = program
    .command('train')
    .description('train a net on a CSV or npz file, and write the model')
    .argument('<data>', 'CSV file with a header (.csv, .tsv, .data, .txt, plain or .gz), or npz with data and label');
  for (const [heading, options] of Object.entries(groups)) addOptions(command, heading, options);
  command.addHelpText(
    'after',
    `
Examples:
  $ blasnet train houses.csv.gz --label price --ignore id date
  $ blasnet train iris.csv --label species --net 16-8 --epochs 200 --early-stop 20 --out iris.safetensors
  $ blasnet train people.csv --label income --categorical job city --missing median city=category
  $ blasnet train load.csv --window 24 --horizon 6 --target load --time hour
  $ blasnet train messages.csv --text message --label class
  $ blasnet train digits.npz --type multiple --net 784-128-10 --checkpoint run.safetensors`,
  );
  command.action(async (data: string) => {
    const options = Object.values(groups).flat();
    const defaults = nested(
      options.flatMap((option) => (option.fallback === undefined ? [] : [[option, option.fallback] as const])),
    );
    const flags = nested(givenOptions(command, options));
    const { readConfig } = await import('../train/config.js');
    const config = await readConfig(joined(flags).command.config, options);
    const { runTrain } = await import('../train/run.js');
    await runTrain(data, joined(defaults, config, flags));
  });
}
