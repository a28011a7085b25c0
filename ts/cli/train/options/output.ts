import { setting } from '../settings.js';

/** The options that say what is written and printed. */
export const outputOptions = [
  setting('command.out', '-o, --out <file>', 'model: .safetensors or .onnx', { fallback: 'model.safetensors' }),
  setting('command.charts', '--charts <folder>', 'loss chart as SVG and PNG (default: beside the model)'),
  setting('command.charts', '--no-charts', 'no loss chart'),
  setting('command.quiet', '-q, --quiet', 'print the test result only'),
  setting('command.json', '--json', 'print a summary as JSON'),
];
