import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Prediction } from '../preparation/prediction.js';
import { jsonLengthHeader } from './body.js';
import { type InferReply, wantedOutputs, writeReply } from './infer-reply.js';
import { readInferRequest } from './infer-request.js';
import type { Metrics } from './metrics.js';
import { answerTo, Problem } from './problem.js';
import type { ModelEntry, Repository } from './repository.js';
import { requestRowsOf } from './rows.js';
import type { InferJob, ServedNet } from './served-net.js';

export interface ModelParams {
  readonly model: string;
  readonly version?: string;
}

const arrival = Symbol('arrival');

/** What a request is told of itself. */
interface Noted {
  /** When it arrived, in milliseconds of `performance.now()`. */
  [arrival]?: number;
}

type Request = FastifyRequest<{ Params: ModelParams }>;

/** A request whose rows are in the queue. */
interface Waiting {
  readonly entry: ModelEntry;
  readonly rows: number;
  /** Writes its answer from a batch in which `first` is its first row. */
  readonly replyOf: (prediction: Prediction, first: number) => InferReply;
}

/** Notes when requests arrive: before anything else is done about them. */
export function noteArrivals(app: FastifyInstance): void {
  app.decorateRequest(arrival, 0);
  app.addHook('onRequest', (request, _reply, done) => {
    (request as Noted)[arrival] = performance.now();
    done();
  });
}

const arrivalOf = (request: object): number => (request as Noted)[arrival]!;

/** Seconds after which a client may try again when the queue was full. */
const retryAfter = 1;

/** The route for inference: rows go into the queue of their model, answers come when their batch is computed. */
export class InferRoute {
  readonly #repository: Repository;
  readonly #metrics: Metrics;
  /** What the JSON of an entry's replies begins with. */
  readonly #heads = new WeakMap<ModelEntry, string>();

  constructor(repository: Repository, metrics: Metrics) {
    this.#repository = repository;
    this.#metrics = metrics;
  }

  addTo(app: FastifyInstance): void {
    const { timeoutMs } = this.#repository.settings;
    const options = { errorHandler: this.#refuse };
    app.post<{ Params: ModelParams }>('/v2/models/:model/infer', options, this.#infer);
    app.post<{ Params: ModelParams }>('/v2/models/:model/versions/:version/infer', options, this.#infer);
    const sweep = setInterval(() => this.#sweep(), Math.min(Math.ceil(timeoutMs / 4), 100)).unref();
    app.addHook('onClose', async () => clearInterval(sweep));
  }

  readonly #infer = (request: Request, reply: FastifyReply): void => {
    const { model, version } = request.params;
    const entry = this.#repository.find(model, version);
    const net = entry.current;
    // What is refused in any case is not read first.
    this.#requireRoom(net, 1);
    const inference = readInferRequest(
      request.body as Buffer | undefined,
      request.headers[jsonLengthHeader] as string | undefined,
      net.dtype === 'float32',
    );
    const wanted = wantedOutputs(net, inference);
    const rows = requestRowsOf(net, inference, this.#repository.settings.maxRows);
    this.#requireRoom(net, rows.count);
    rows.writeTo(net.queue.reserve(rows.count));
    const replyOf = (prediction: Prediction, first: number) =>
      writeReply(this.#headOf(entry), inference.id, wanted, prediction, first, rows.count);
    net.queue.add(this.#jobOf(request, reply, { entry, rows: rows.count, replyOf }));
  };

  /** What stands in the queue for a request: it is answered once, whatever comes first. */
  #jobOf(request: Request, reply: FastifyReply, { entry, rows, replyOf }: Waiting): InferJob {
    const { timeoutMs } = this.#repository.settings;
    let isAnswered = false;
    const fail = (error: unknown) => {
      if (isAnswered) return;
      isAnswered = true;
      reply.send(error);
    };
    return {
      rows,
      deadline: arrivalOf(request) + timeoutMs,
      isOver: () => isAnswered || reply.raw.destroyed,
      timeOut: () => fail(new Problem(504, `Expected an answer within ${timeoutMs} ms but it took longer`)),
      fail,
      done: (prediction, first) => {
        if (isAnswered) return;
        try {
          const answer = replyOf(prediction, first);
          isAnswered = true;
          this.#send(reply, answer);
          this.#ended(request, entry, rows, 200);
        } catch (error) {
          fail(error);
        }
      },
    };
  }

  #send(reply: FastifyReply, { body, jsonLength }: InferReply): void {
    reply.type(jsonLength === undefined ? 'application/json; charset=utf-8' : 'application/octet-stream');
    // Whoever keeps the connection would find it closed in the middle of the next request.
    if (this.#repository.isDraining) reply.header('Connection', 'close');
    if (jsonLength !== undefined) reply.header('Inference-Header-Content-Length', jsonLength);
    reply.send(body);
  }

  #requireRoom({ queue }: ServedNet, rows: number): void {
    const { maxQueue } = this.#repository.settings;
    if (queue.rows + rows <= maxQueue) return;
    queue.drop((job) => job.isOver());
    if (queue.rows + rows > maxQueue)
      throw new Problem(503, `Expected room for ${rows} rows in the queue but ${queue.rows} of ${maxQueue} wait`);
  }

  #headOf(entry: ModelEntry): string {
    let head = this.#heads.get(entry);
    if (head === undefined) {
      head = JSON.stringify({ model_name: entry.name, model_version: entry.version }).slice(0, -1);
      this.#heads.set(entry, head);
    }
    return head;
  }

  /** Counts and logs an answer. */
  #ended(request: FastifyRequest, entry: ModelEntry | undefined, rows: number, status: number): void {
    const ms = performance.now() - arrivalOf(request);
    const model = entry?.name ?? '';
    this.#metrics.requestEnded(model, status, ms);
    entry?.statistics.requestEnded(status, ms);
    request.log.info({ model, rows, status, ms }, 'inference');
  }

  readonly #refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, message, headers } = answerTo(error);
    const { model, version } = request.params as ModelParams;
    const entry = this.#repository.lookup(model, version);
    if (status >= 500 && status !== 503) request.log.error({ err: error }, 'inference failed');
    if (status === 503) reply.header('Retry-After', retryAfter);
    reply.code(status).headers(headers).send({ error: message });
    this.#ended(request, entry, 0, status);
  };

  /** Answers requests that have waited too long, and forgets those that nobody waits for. */
  #sweep(): void {
    const now = performance.now();
    for (const { queue } of this.#repository.entries.flatMap(({ nets }) => nets)) {
      for (const job of queue.jobs()) if (now >= job.deadline) job.timeOut();
      queue.drop((job) => job.isOver());
    }
  }
}
