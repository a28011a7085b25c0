import type { InferTensor, ModelInfo } from './api.js';
import { element } from './elements.js';
import { type SeriesWindow, windowInputs } from './series-rows.js';

/**
 * Makes a form for the last rows of a time series.
 * @param onInput - is called with the model's inputs when the form is sent, or with the error of what was typed
 */
export function seriesView(
  model: ModelInfo,
  window: SeriesWindow,
  onInput: (inputs: readonly InferTensor[] | Error) => void,
): HTMLElement {
  const { steps, columns } = window;
  const header = columns.join(',');
  const area = element('textarea', {
    name: 'series',
    rows: Math.min(steps + 1, 16),
    required: true,
    spellcheck: false,
    placeholder: `${header}\n…`,
  });
  const title = `The last ${steps} rows of the series as CSV`;
  const form = element(
    'form',
    {},
    element(
      'div',
      { className: 'fields' },
      element('label', { className: 'wide' }, element('span', {}, title), area),
      element(
        'p',
        { className: 'hint wide' },
        `Columns: ${columns.join(', ')}. With a header they may be in any order.`,
      ),
    ),
    element('button', {}, 'Predict'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    try {
      onInput(windowInputs(model, window, area.value));
    } catch (error) {
      onInput(error as Error);
    }
  });
  return form;
}
