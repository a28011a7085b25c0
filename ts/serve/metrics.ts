import { loadOptional, rethrow } from './optional.js';
import type { ModelEntry, Repository } from './repository.js';

/** Counts requests and batches for Prometheus. */
export interface Metrics {
  /** @param model - '' for requests to an unknown model */
  requestEnded(model: string, code: number, milliseconds: number): void;
  batchEnded(entry: ModelEntry, rows: number): void;
  /** Returns all figures in the text format of Prometheus. */
  text(): Promise<string>;
  /** Returns all figures, to be added up with those of other processes. */
  snapshot(): Promise<MetricsSnapshot>;
}

/** Metrics with their values, as prom-client hands them over. */
export type MetricsSnapshot = readonly { readonly name: string; readonly type: unknown }[];

const requests = {
  name: 'blasnet_requests_total',
  help: 'Requests for inference, by model and status code',
  labelNames: ['model', 'code'],
} as const;

const durations = {
  name: 'blasnet_request_duration_seconds',
  help: 'Time from the arrival of a request for inference to its answer',
  labelNames: ['model'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
};

const batches = {
  name: 'blasnet_batch_rows',
  help: 'Rows of the batches that were computed',
  labelNames: ['model'],
  buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
};

const queueRows = {
  name: 'blasnet_queue_rows',
  help: 'Rows that wait or are computed',
  labelNames: ['model'],
} as const;

const waitingRequests = {
  name: 'blasnet_waiting_requests',
  help: 'Requests that wait for room in the queue',
  labelNames: ['model'],
} as const;

const openSequences = {
  name: 'blasnet_open_sequences',
  help: 'Sequences that go on from request to request',
  labelNames: ['model'],
} as const;

/** Those that take requests in all processes. */
const models = { name: 'blasnet_models', help: 'Versions of models that take requests', aggregator: 'min' } as const;

/** Creates the metrics of a server. @throws BlasnetError `ERR_NATIVE_LOAD` without prom-client */
export async function createMetrics(repository: Repository): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry } = (
    await loadOptional('prom-client', () => import('prom-client').catch(rethrow))
  ).default;
  const registry = new Registry();
  const registers = [registry];
  const counts = new RequestCounts();
  new Counter({
    ...requests,
    registers,
    collect() {
      this.reset();
      for (const { model, code, count } of counts.all()) this.inc({ model, code }, count);
    },
  });
  const durationsSeen = new Histogram({ ...durations, registers });
  const batchesSeen = new Histogram({ ...batches, registers });
  new Gauge({
    ...queueRows,
    registers,
    collect() {
      this.reset();
      for (const { name, nets } of repository.entries) {
        for (const { rows } of nets) this.inc({ model: name }, rows);
      }
    },
  });
  new Gauge({
    ...waitingRequests,
    registers,
    collect() {
      this.reset();
      for (const entry of repository.entries) this.inc({ model: entry.name }, repository.waitingRoom.countOf(entry));
    },
  });
  new Gauge({
    ...openSequences,
    registers,
    collect() {
      this.reset();
      for (const { name, net } of repository.entries) this.inc({ model: name }, net?.sequences.count ?? 0);
    },
  });
  new Gauge({
    ...models,
    registers,
    collect() {
      this.set(repository.entries.filter(({ isReady }) => isReady).length);
    },
  });
  return {
    requestEnded(model, code, milliseconds) {
      counts.add(model, code);
      durationsSeen.observe({ model }, milliseconds / 1000);
    },
    batchEnded: ({ name }, rows) => batchesSeen.observe({ model: name }, rows),
    text: () => registry.metrics(),
    snapshot: async () => registry.getMetricsAsJSON(),
  };
}

/** Counts by plain numbers, which are handed over when Prometheus asks: labels take longer than counting. */
class RequestCounts {
  readonly #byModel = new Map<string, Map<number, number>>();

  add(model: string, code: number): void {
    let byCode = this.#byModel.get(model);
    if (!byCode) {
      byCode = new Map();
      this.#byModel.set(model, byCode);
    }
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
  }

  *all(): Generator<{ readonly model: string; readonly code: number; readonly count: number }> {
    for (const [model, byCode] of this.#byModel) {
      for (const [code, count] of byCode) yield { model, code, count };
    }
  }
}
