import { definedFields } from '../../core/objects.js';
import { byName } from '../../data/preparation/preparation.js';
import type { TextEncoding } from '../../data/text/text-encoding.js';
import type { InputPreparation, OutputPreparation, Preparation } from '../../index.js';
import type { Inspection, NetContents, TensorContents } from './inspection.js';

const shown = 12;

/** Formats an inspection for people. */
export function textOf({ file, bytes, format, net, refusal, tensors, operators, metadata }: Inspection): string {
  const parts = [`${file}: ${format}, ${bytes.toLocaleString('en')} bytes`];
  if (net) parts.push(...netLines(net));
  else parts.push('', ...tensorLines(tensors));
  if (operators)
    parts.push(
      '',
      `operators: ${Object.entries(operators)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}`,
    );
  if (refusal !== undefined) parts.push('', `blasnet cannot load it: ${refusal}`);
  const texts = Object.entries(metadata);
  if (texts.length > 0) parts.push('', 'metadata', ...texts.map(([name, text]) => `  ${name}: ${short(text)}`));
  return `${parts.join('\n')}\n`;
}

function netLines({ type, summary, hyperParameters, preparation, training }: NetContents): string[] {
  const lines = [`type: ${type}`, '', summary, ''];
  lines.push(...(preparation ? preparationLines(preparation) : ['preparation: none, rows are used as they are']));
  if (hyperParameters) lines.push('', 'hyperparameters', ...entryLines(hyperParameters));
  if (training) lines.push('', 'checkpoint of training', ...entryLines(training));
  return lines;
}

function preparationLines(preparation: Preparation): string[] {
  const { inputs, targets } = byName(preparation);
  return [
    'preparation',
    ...Object.entries(inputs).flatMap(([name, input]) => under('input', name, inputLines(input))),
    ...Object.entries(targets).flatMap(([name, target]) => under('output', name, outputLines(target))),
  ];
}

/** Lines of an input or output, below its name if it has one. */
const under = (kind: string, name: string, lines: readonly string[]) =>
  name === '' ? lines : [`  ${kind} ${name}`, ...lines.map((line) => `  ${line}`)];

function inputLines({ inputShape, dtype, image, x, featureNames, columns, window }: InputPreparation): string[] {
  const shape = inputShape.length === 0 ? 'one number' : `${inputShape.join('×')} numbers`;
  const kind = dtype ? ` of ${dtype}` : '';
  const lines = [`  rows of ${shape}${kind}${image ? `, images of ${image.join('×')}` : ''}`];
  if (columns) {
    for (const { name, encoding, categories, parts = [], text } of columns) {
      const kind = text
        ? textLine(text)
        : encoding === 'none'
          ? 'number'
          : `${encoding} of ${list(categories ?? parts)}`;
      lines.push(`  column ${name}: ${kind}`);
    }
  } else if (featureNames) {
    lines.push(`  features: ${list(featureNames)}`);
  }
  if (window)
    lines.push(`  a window of ${window.length} time steps${window.order ? ` in order of ${window.order.column}` : ''}`);
  if (x) lines.push(`  features are scaled, per ${x.per}`);
  return lines;
}

/** `text as tokens, words of a vocabulary of 8,000`. */
function textLine({ tokenizer, vocabulary, hashing, as }: TextEncoding): string {
  const unit = typeof tokenizer === 'object' ? 'tokens of a tokenizer.json' : tokenizer;
  if (hashing !== undefined) return `text as ${as}, ${unit} hashed to ${hashing.toLocaleString('en')} numbers`;
  return `text as ${as}, ${unit}${vocabulary ? ` of a vocabulary of ${vocabulary.length.toLocaleString('en')}` : ''}`;
}

function outputLines({ y, classes, forecast }: OutputPreparation): string[] {
  return [
    ...(y ? ['  labels are scaled'] : []),
    ...(classes ? [`  classes: ${list(classes)}`] : []),
    ...(forecast ? [`  forecasts ${forecast.horizon} time steps of ${list(forecast.targets)}`] : []),
  ];
}

function tensorLines(tensors: readonly TensorContents[]): string[] {
  const rows = tensors.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(', ')}]`] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const count = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const lines = rows.map(([name, dtype, shape]) => `${name.padEnd(width)}  ${dtype.padEnd(4)}  ${shape}`);
  return [...lines, '', `${tensors.length} tensors, ${count.toLocaleString('en')} numbers`];
}

const entryLines = (object: object) =>
  Object.entries(definedFields(object)).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : short(JSON.stringify(value))}`,
  );

const list = (names: readonly string[]) =>
  names.length > shown ? `${names.slice(0, shown).join(', ')}, … (${names.length})` : names.join(', ');

const short = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
