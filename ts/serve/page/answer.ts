import type { InferTensor, ModelInfo } from './api.js';
import { element } from './elements.js';

/** The most bars that are shown: those of the most probable classes. */
const mostBars = 20;

/** A model's answer to one row, as it is shown. */
export interface Answer {
  /** The class or the values; '' where each output is a probability of its own. */
  readonly value: string;
  /** A bar for each probability. */
  readonly bars: readonly HTMLElement[];
}

export function answerOf({ parameters }: ModelInfo, outputs: readonly InferTensor[]): Answer {
  const values = (outputs.find(({ datatype }) => datatype !== 'BYTES')?.data ?? []).map(Number);
  if (parameters.forecast) return { value: '', bars: [forecastTable(parameters.forecast, values)] };
  if (parameters.net_type === 'fitting') return { value: values.map(numberText).join(', '), bars: [] };
  const found = outputs.find(({ datatype }) => datatype === 'BYTES')?.data[0];
  // A net with one output gives the probability of the second of two classes.
  const probabilities = found !== undefined && values.length === 1 ? [1 - values[0]!, values[0]!] : values;
  const all = probabilities.map((probability, i) => ({ name: parameters.classes?.[i] ?? String(i), probability }));
  const shown = all.length > mostBars ? all.sort((a, b) => b.probability - a.probability).slice(0, mostBars) : all;
  const items = shown.map(({ name, probability }) => bar(name, probability, name === found));
  const bars: HTMLElement[] = [element('ul', { className: 'bars' }, ...items)];
  if (all.length > shown.length) {
    bars.push(element('p', { className: 'hint' }, `The ${shown.length} most probable of ${all.length} classes.`));
  }
  return { value: String(found ?? ''), bars };
}

/** A table with a row for each step that is forecast. */
function forecastTable(
  { horizon, targets, gap = 0 }: NonNullable<ModelInfo['parameters']['forecast']>,
  values: readonly number[],
): HTMLElement {
  const heads = ['Step', ...targets].map((text) => element('th', { scope: 'col' }, text));
  const rows = Array.from({ length: horizon }, (_, step) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `+${gap + step + 1}`),
      ...targets.map((_target, i) => element('td', {}, numberText(values[step * targets.length + i] ?? Number.NaN))),
    ),
  );
  return element(
    'table',
    { className: 'forecast' },
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  );
}

function bar(name: string, probability: number, isFound: boolean): HTMLElement {
  const fill = element('span', { className: 'fill' });
  fill.style.width = `${100 * Math.min(Math.max(probability, 0), 1)}%`;
  const track = element('span', { className: 'track', ariaHidden: 'true' }, fill);
  const share = element('span', { className: 'share' }, `${(100 * probability).toFixed(1)} %`);
  return element(
    'li',
    { className: isFound ? 'found' : '' },
    element('span', { className: 'name' }, name),
    track,
    share,
  );
}

/** Seven digits are what a float32 holds. */
const numberText = (value: number) => String(Number(value.toPrecision(7)));
