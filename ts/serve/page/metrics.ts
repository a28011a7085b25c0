import type { Statistics } from './api.js';
import { element } from './elements.js';

/** Figures with their titles, for a list of descriptions. */
export function metricsOf({
  inference_stats,
  inference_count,
  execution_count,
  queue_rows,
}: Statistics): HTMLElement[] {
  const { success, fail, latency_p99_ns } = inference_stats;
  const figures = {
    Requests: (success.count + fail.count).toLocaleString(),
    Failures: fail.count.toLocaleString(),
    'Mean latency': success.count > 0 ? duration(success.ns / success.count) : '–',
    'p99 latency': latency_p99_ns === null ? '–' : duration(latency_p99_ns),
    'Rows in queue': queue_rows.toLocaleString(),
    'Rows of a batch': execution_count > 0 ? rounded(inference_count / execution_count) : '–',
  };
  return Object.entries(figures).map(([title, text]) =>
    element('div', {}, element('dt', {}, title), element('dd', {}, text)),
  );
}

const duration = (ns: number) => `${rounded(ns / 1e6)} ms`;
const rounded = (value: number) => value.toLocaleString(undefined, { maximumSignificantDigits: 3 });
