import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { arrivalOf } from './arrivals.js';
import { type CallContext, InferCall, queueIsFull } from './infer-call.js';
import type { InferReply } from './infer-reply.js';
import type { Metrics } from './metrics.js';
import { answerTo, Problem } from './problem.js';
import type { ModelEntry, Repository } from './repository.js';
import type { Site } from './site.js';
import type { CallTimes } from './statistics.js';

/** The parameters in the paths of models. */
export interface ModelParams {
  readonly model: string;
  readonly version?: string;
}

type Request = FastifyRequest<{ Params: ModelParams }>;

const bodyRead = Symbol('bodyRead');

interface Reading {
  /** Is called when the body is complete. */
  [bodyRead]?: (() => void) | null;
}

/** Seconds after which a client may try again when the queue was full. */
const retryAfter = 1;
/** Milliseconds between two looks at what has waited too long. */
const sweepMs = 100;

/** The route for inference. Rows go into the queue of their model; answers come when their batch is computed. */
export class InferRoute {
  readonly #repository: Repository;
  readonly #metrics: Metrics;
  readonly #context: CallContext;

  constructor(repository: Repository, metrics: Metrics, { workers }: Site) {
    this.#repository = repository;
    this.#metrics = metrics;
    this.#context = {
      ...repository.settings,
      workers,
      succeed: (call, answer, times) => repository.gate.run(() => this.#succeed(call, answer, times)),
    };
  }

  /** Adds the routes, with and without a version. */
  addTo(app: FastifyInstance): void {
    app.decorateRequest(bodyRead, null);
    const options = { errorHandler: this.#refuse, preParsing: this.#admit };
    app.post<{ Params: ModelParams }>('/v2/models/:model/infer', options, this.#infer);
    app.post<{ Params: ModelParams }>('/v2/models/:model/versions/:version/infer', options, this.#infer);
    const sweep = setInterval(() => this.#sweep(), Math.min(this.#repository.settings.timeoutMs, sweepMs)).unref();
    app.addHook('onClose', async () => clearInterval(sweep));
  }

  /** Refuses what cannot be answered before the body is read, and has it read when there is memory for it. */
  readonly #admit = (
    request: FastifyRequest,
    { raw }: FastifyReply,
    _payload: unknown,
    done: (error?: Error | null) => void,
  ): void => {
    const { waitingRoom, settings } = this.#repository;
    const { maxQueue, maxWaitMs } = settings;
    const { model, version } = request.params as ModelParams;
    const entry = this.#find(model, version);
    if (entry instanceof Error) {
      done(entry);
      return;
    }
    if (maxWaitMs === 0 && entry.current.rows >= maxQueue) {
      done(queueIsFull(entry, maxQueue));
      return;
    }
    waitingRoom.admit({
      bytes: Number(request.headers['content-length']) || 0,
      refusedAt: arrivalOf(request) + maxWaitMs,
      isOver: () => raw.destroyed,
      refuse: () => done(queueIsFull(entry, maxQueue)),
      read: (isComplete) => {
        (request as Reading)[bodyRead] = isComplete;
        done();
      },
    });
  };

  #find(model: string, version: string | undefined): ModelEntry | Problem {
    try {
      const entry = this.#repository.find(model, version);
      return entry.current && entry;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  readonly #infer = (request: Request, reply: FastifyReply): void => {
    (request as Reading)[bodyRead]?.();
    const { model, version } = request.params;
    const entry = this.#repository.find(model, version);
    const { gate, waitingRoom } = this.#repository;
    gate.run(() => waitingRoom.enter(entry, new InferCall(request, reply, entry, this.#context)));
  };

  #succeed({ request, reply, entry }: InferCall, { body, jsonLength }: InferReply, times: CallTimes): void {
    reply.type(jsonLength === undefined ? 'application/json; charset=utf-8' : 'application/octet-stream');
    // A client that kept the connection would find it closed during its next request.
    if (this.#repository.isDraining) reply.header('Connection', 'close');
    if (jsonLength !== undefined) reply.header('Inference-Header-Content-Length', jsonLength);
    reply.send(body);
    entry.statistics.succeeded(this.#ended(request, entry.name, times.rows, 200), times);
  }

  readonly #refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, message, headers } = answerTo(error);
    const { model, version } = request.params as ModelParams;
    const entry = this.#repository.lookup(model, version);
    if (status >= 500 && status !== 503) request.log.error({ err: error }, 'inference failed');
    if (status === 503) reply.header('Retry-After', retryAfter);
    if (this.#repository.isDraining) reply.header('Connection', 'close');
    reply.code(status).headers(headers).send({ error: message });
    const ms = this.#ended(request, entry?.name ?? '', 0, status);
    entry?.statistics.failed(ms);
  };

  /** Counts and logs an answer; returns the milliseconds since the request's arrival. */
  #ended(request: FastifyRequest, model: string, rows: number, status: number): number {
    const ms = performance.now() - arrivalOf(request);
    this.#metrics.requestEnded(model, status, ms);
    request.log.info({ model, rows, status, ms }, 'inference');
    return ms;
  }

  /** Answers requests that have waited too long, and forgets those whose clients have gone. */
  #sweep(): void {
    const now = performance.now();
    for (const { queue, sequences } of this.#repository.entries.flatMap(({ nets }) => nets)) {
      for (const job of sequences.jobs) if (now >= job.deadline) job.timeOut();
      for (const job of queue.jobs()) if (now >= job.deadline) job.timeOut();
      queue.drop((job) => job.isOver());
    }
    this.#repository.waitingRoom.sweep();
  }
}
