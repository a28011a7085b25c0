import type { Command } from 'commander';
import { addOptions, valuesOf } from '../option.js';
import { quantizeOptions } from '../quantize/options.js';

/** Adds `blasnet quantize`. */
export function addQuantize(program: Command): void {
  const command = program
    .command('quantize')
    .description('make a model with int8 weights, for faster predictions')
    .argument('<model>', 'a model: .safetensors or .onnx');
  addOptions(command, 'Options:', Object.values(quantizeOptions));
  command.addHelpText(
    'after',
    `
The first 4096 rows tell the range of the numbers in front of each layer. The table shows what each layer loses, and
the whole net: 20 dB more are a tenth of the error.

Examples:
  $ blasnet quantize model.safetensors --rows houses.csv --out small.safetensors
  $ blasnet quantize model.safetensors --rows houses.csv --out small.onnx --percentile 99.9 --exclude fc1`,
  );
  command.action(async (model: string) => {
    const { runQuantize } = await import('../quantize/run.js');
    await runQuantize(model, valuesOf(command, quantizeOptions));
  });
}
