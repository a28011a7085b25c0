import { given } from '../../given.js';
import type { Preparation } from '../../index.js';
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

function preparationLines({ inputShape, image, x, y, classes, featureNames, columns }: Preparation): string[] {
  const lines = [
    'preparation',
    `  rows of ${inputShape.join('×')} numbers${image ? `, images of ${image.join('×')}` : ''}`,
  ];
  if (columns) {
    for (const { name, encoding, categories, parts = [] } of columns) {
      const kind = encoding === 'none' ? 'number' : `${encoding} of ${list(categories ?? parts)}`;
      lines.push(`  column ${name}: ${kind}`);
    }
  } else if (featureNames) {
    lines.push(`  features: ${list(featureNames)}`);
  }
  if (x) lines.push(`  features are scaled, per ${x.per}`);
  if (y) lines.push('  labels are scaled');
  if (classes) lines.push(`  classes: ${list(classes)}`);
  return lines;
}

function tensorLines(tensors: readonly TensorContents[]): string[] {
  const rows = tensors.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(', ')}]`] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const count = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const lines = rows.map(([name, dtype, shape]) => `${name.padEnd(width)}  ${dtype.padEnd(4)}  ${shape}`);
  return [...lines, '', `${tensors.length} tensors, ${count.toLocaleString('en')} numbers`];
}

const entryLines = (object: object) =>
  Object.entries(given(object)).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : short(JSON.stringify(value))}`,
  );

const list = (names: readonly string[]) =>
  names.length > shown ? `${names.slice(0, shown).join(', ')}, … (${names.length})` : names.join(', ');

const short = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
