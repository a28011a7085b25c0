import type { MetricsSnapshot } from './metrics.js';
import { loadOptional } from './optional.js';

/** The metrics of several workers as those of one server. */
export class WorkerMetrics {
  /** The counts of workers that have ended: so sums never fall. */
  #former: Promise<MetricsSnapshot> = Promise.resolve([]);

  /** @param workers - those that take requests */
  async text(all: readonly MetricsSnapshot[], workers: number): Promise<string> {
    const count = {
      name: 'blasnet_workers',
      help: 'Processes that take requests',
      type: 'gauge',
      aggregator: 'sum',
      values: [{ value: workers, labels: {} }],
    };
    // Gauges first: those that had ended have none.
    return (await merged([...all, [count], await this.#former])).metrics();
  }

  /** Keeps what a worker had counted that has ended. */
  keep(snapshot: MetricsSnapshot): void {
    const counted = snapshot.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
    if (counted.length === 0) return;
    this.#former = this.#former.then(async (former) => (await merged([former, counted])).getMetricsAsJSON());
  }
}

async function merged(all: readonly MetricsSnapshot[]) {
  const { AggregatorRegistry } = (await loadOptional('prom-client', () => import('prom-client'))).default;
  return AggregatorRegistry.aggregate([...all]);
}
