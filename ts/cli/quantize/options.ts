import { InvalidArgumentError } from 'commander';
import { option, type ValuesOf } from '../option.js';
import { predictOptions } from '../predict/options.js';
import { collected } from '../values.js';

/** The options of `blasnet quantize`. */
export const quantizeOptions = {
  rows: option<string>('-r, --rows <data>', 'CSV, npz or JSON with rows like those that will be predicted (required)'),
  out: option<string>('-o, --out <file>', 'file for the net: .safetensors or .onnx (required)'),
  percentile: option('--percentile <number>', 'share of the numbers that bytes cover, such as 99.9', {
    parse: (text: string) => {
      const value = Number(text);
      if (text.trim() === '' || !(value > 50 && value <= 100)) {
        throw new InvalidArgumentError('Expected a number above 50 and up to 100');
      }
      return value;
    },
    fallback: 100,
  }),
  exclude: option<readonly string[]>('--exclude <layer>', 'layer that stays in float32; may be given several times', {
    parse: collected as (text: string) => readonly string[],
  }),
  header: predictOptions.header,
  delimiter: predictOptions.delimiter,
  encoding: predictOptions.encoding,
};

/** The values of the options. */
export type QuantizeFlags = ValuesOf<typeof quantizeOptions>;
