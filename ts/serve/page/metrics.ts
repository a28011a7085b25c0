import type { Statistics } from './api.js';
import { element } from './elements.js';

/** Figures with their titles, for a list of descriptions. */
export function metricsOf(statistics: Statistics): HTMLElement[] {
  const figures = {
    Requests: statistics.requests.toLocaleString(),
    Failures: statistics.failures.toLocaleString(),
  };
  return Object.entries(figures).map(([title, text]) =>
    element('div', {}, element('dt', {}, title), element('dd', {}, text)),
  );
}
