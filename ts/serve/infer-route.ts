import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Prediction } from '../preparation/prediction.js';
import { wantedOutputs, writeReply } from './infer-reply.js';
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
export function inferRoute(app: FastifyInstance, repository: Repository, metrics: Metrics): void {
  const { maxQueue, maxRows, timeoutMs, bodyLimit } = repository.settings;
  const heads = new WeakMap<ModelEntry, string>();

  function infer(request: Request, reply: FastifyReply): void {
    const { model, version } = request.params;
    const entry = repository.find(model, version);
    const net = entry.current;
    // What is refused in any case is not read first.
    requireRoom(net, 1);
    const inference = readInferRequest(
      request.body as Buffer | undefined,
      request.headers['inference-header-content-length'] as string | undefined,
      net.dtype === 'float32',
    );
    const wanted = wantedOutputs(net, inference);
    const rows = requestRowsOf(net, inference, maxRows);
    requireRoom(net, rows.count);
    rows.writeTo(net.queue.reserve(rows.count));
    let isAnswered = false;
    const job: InferJob = {
      rows: rows.count,
      deadline: arrivalOf(request) + timeoutMs,
      isOver: () => isAnswered || reply.raw.destroyed,
      timeOut: () => answer(new Problem(504, `Expected an answer within ${timeoutMs} ms but it took longer`)),
      fail: answer,
      done(prediction, first) {
        if (isAnswered) return;
        try {
          send(prediction, first);
        } catch (error) {
          answer(error);
        }
      },
    };
    net.queue.add(job);

    function send(prediction: Prediction, first: number): void {
      const { body, jsonLength } = writeReply(headOf(entry), inference.id, wanted, prediction, first, rows.count);
      isAnswered = true;
      reply.type(jsonLength === undefined ? 'application/json; charset=utf-8' : 'application/octet-stream');
      // Whoever keeps the connection would find it closed in the middle of the next request.
      if (repository.isDraining) reply.header('Connection', 'close');
      if (jsonLength !== undefined) reply.header('Inference-Header-Content-Length', jsonLength);
      reply.send(body);
      ended(request, request.log, entry, rows.count, 200);
    }

    function answer(error: unknown): void {
      if (isAnswered) return;
      isAnswered = true;
      reply.send(error);
    }
  }

  function requireRoom({ queue }: ServedNet, rows: number): void {
    if (queue.rows + rows <= maxQueue) return;
    queue.drop((job) => job.isOver());
    if (queue.rows + rows > maxQueue)
      throw new Problem(503, `Expected room for ${rows} rows in the queue but ${queue.rows} of ${maxQueue} wait`);
  }

  function headOf(entry: ModelEntry): string {
    let head = heads.get(entry);
    if (head === undefined) {
      head = JSON.stringify({ model_name: entry.name, model_version: entry.version }).slice(0, -1);
      heads.set(entry, head);
    }
    return head;
  }

  function ended(
    request: object,
    log: FastifyBaseLogger,
    entry: ModelEntry | undefined,
    rows: number,
    status: number,
  ): void {
    const ms = performance.now() - arrivalOf(request);
    const model = entry?.name ?? '';
    metrics.requestEnded(model, status, ms);
    entry?.statistics.requestEnded(status, ms);
    log.info({ model, rows, status, ms }, 'inference');
  }

  function failed(this: FastifyInstance, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { status, message } = answerTo(error);
    const { model, version } = request.params as ModelParams;
    const entry = repository.lookup(model, version);
    if (status >= 500 && status !== 503) request.log.error({ err: error }, 'inference failed');
    if (status === 503) reply.header('Retry-After', retryAfter);
    reply.code(status).send({ error: message });
    ended(request, request.log, entry, 0, status);
  }

  const options = { bodyLimit, errorHandler: failed };
  app.post<{ Params: ModelParams }>('/v2/models/:model/infer', options, infer);
  app.post<{ Params: ModelParams }>('/v2/models/:model/versions/:version/infer', options, infer);

  const sweep = setInterval(
    () => {
      const now = performance.now();
      for (const { queue } of repository.entries.flatMap(({ nets }) => nets)) {
        for (const job of queue.jobs()) if (now >= job.deadline) job.timeOut();
        queue.drop((job) => job.isOver());
      }
    },
    Math.min(Math.ceil(timeoutMs / 4), 100),
  ).unref();
  app.addHook('onClose', async () => clearInterval(sweep));
}
