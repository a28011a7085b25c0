import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { BlasnetError } from '../../core/errors.js';
import { requireWritable } from '../../core/files.js';
import type { QuantizationReport, QuantizeOptions } from '../../index.js';
import { loadModel } from '../../load-model.js';
import { print, UsageError } from '../output.js';
import { readRows } from '../predict/read-rows.js';
import type { QuantizeFlags } from './options.js';

/** Runs `blasnet quantize`: writes a net with int8 weights, and prints what each layer loses. */
export async function runQuantize(model: string, flags: QuantizeFlags): Promise<void> {
  const { rows, out, percentile, exclude } = flags;
  if (rows === undefined) throw new UsageError('Expected --rows with a file of rows but received none');
  if (out === undefined) throw new UsageError('Expected --out with the name of a file but received none');
  const extension = extname(out).toLowerCase();
  if (extension !== '.safetensors' && extension !== '.onnx') {
    throw new UsageError(`Expected a name that ends in .safetensors or .onnx for --out but received '${out}'`);
  }
  await requireWritable(out);
  const net = await loadModel(model);
  const { header, delimiter, encoding } = flags;
  const { value: first } = await readRows(rows, net, { header, delimiter, encoding }).next();
  if (!first) throw new BlasnetError('ERR_BAD_FILE', `Expected at least one row in '${rows}' but received none`);
  const options: QuantizeOptions = { raw: true, percentile, exclude };
  const { net: small, report } = await net.quantize(first.raw, options);
  await (extension === '.onnx' ? small.exportOnnx(out) : small.save(out));
  const [before, after] = await Promise.all([model, out].map(async (file) => (await stat(file)).size));
  await print(`${textOf(report)}\n${out}: ${count(after!)} bytes, ${model}: ${count(before!)}\n`);
}

const count = (number: number) => number.toLocaleString('en');

function textOf({ rows, layers, outputs }: QuantizationReport): string {
  const table = [
    ['layer', 'kind', 'int8', 'signal to noise'],
    ...layers.map(({ name, kind, isQuantized, reason, error }) => [
      ...[name, kind, isQuantized ? 'yes' : `no: ${reason}`],
      error ? decibels(error) : '',
    ]),
    ...Object.entries(outputs).map(([name, error]) => [name, 'output of the net', '', decibels(error)]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\nmeasured on ${count(rows)} row${rows === 1 ? '' : 's'}`;
}

const decibels = ({ signalToNoise }: { readonly signalToNoise: number }) =>
  Number.isFinite(signalToNoise) ? `${signalToNoise.toFixed(1)} dB` : 'exact';
