import type { InferTensor, ModelInfo } from './api.js';
import { element } from './elements.js';

/** Bars that are shown; of more classes, the most probable. */
const mostBars = 20;

/** What a model says about one row: its class with probabilities, or values. */
export function answerView({ parameters }: ModelInfo, outputs: readonly InferTensor[]): HTMLElement {
  const values = (outputs.find(({ datatype }) => datatype !== 'BYTES')?.data ?? []).map(Number);
  const found = outputs.find(({ datatype }) => datatype === 'BYTES')?.data[0];
  const view = element('div', { className: 'answer' });
  if (parameters.net_type === 'fitting') {
    view.append(element('p', { className: 'value' }, values.map(numberText).join(', ')));
    return view;
  }
  if (found !== undefined) view.append(element('p', { className: 'value' }, String(found)));
  const nameOf = (i: number) => parameters.classes?.[i] ?? String(i);
  // A net with one output gives the probability of the second of two classes.
  const probabilities = found !== undefined && values.length === 1 ? [1 - values[0]!, values[0]!] : values;
  const bars = probabilities.map((probability, i) => ({ name: nameOf(i), probability }));
  const shown = bars.length > mostBars ? bars.sort((a, b) => b.probability - a.probability).slice(0, mostBars) : bars;
  view.append(
    element(
      'ul',
      { className: 'bars' },
      ...shown.map(({ name, probability }) => bar(name, probability, name === String(found))),
    ),
  );
  if (bars.length > shown.length) {
    view.append(element('p', { className: 'hint' }, `The ${shown.length} most probable of ${bars.length} classes.`));
  }
  return view;
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
