import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answers } from '../inference/row-predictor.js';
import { arrivalOf } from './arrivals.js';
import { jsonLengthHeader } from './body.js';
import { answerParts } from './description.js';
import { allOutputs, type InferReply, type WantedOutput, wantedOutputs, writeReply } from './infer-reply.js';
import { type InferRequest, readInferRequest, type SequenceParameters } from './infer-request.js';
import { badRequest, Problem } from './problem.js';
import type { ModelEntry } from './repository.js';
import { requestRowsOf } from './rows.js';
import { joinedSteps, sequenceStepsOf } from './sequence-steps.js';
import type { SequenceJob } from './sequences.js';
import type { InferJob, ServedNet } from './served-net.js';
import type { CallTimes } from './statistics.js';
import type { Entrant } from './waiting-room.js';

/** The settings of the server that a call needs. */
export interface CallContext {
  readonly timeoutMs: number;
  readonly maxWaitMs: number;
  readonly maxQueue: number;
  readonly maxRows: number;
  readonly workers: number;
  /** Sends an answer of status 200. */
  succeed(call: InferCall, answer: InferReply, times: CallTimes): void;
}

/** The rows of a call as they were written into the queue. */
interface QueuedRows {
  readonly id: string | undefined;
  readonly wanted: readonly WantedOutput[];
  readonly rows: number;
  /** Milliseconds that it took to parse and to write them. */
  readonly inputMs: number;
}

/** When the computation of a request began, and the rows that were computed together. */
interface BatchTimes {
  readonly began: number;
  readonly rows: number;
}

/** A request for inference whose body is complete, from the waiting room to its answer. It is answered once. */
export class InferCall implements Entrant {
  readonly bytes: number;
  readonly refusedAt: number;
  readonly #context: CallContext;
  #isAnswered = false;
  #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** Known once it has been parsed. */
  #rows: number | undefined;

  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    readonly entry: ModelEntry,
    context: CallContext,
  ) {
    this.bytes = this.#body?.length ?? 0;
    this.#context = context;
    this.#timeoutMs = context.timeoutMs;
    this.refusedAt = arrivalOf(request) + Math.min(context.maxWaitMs, context.timeoutMs);
  }

  isOver(): boolean {
    return this.#isAnswered || this.reply.raw.destroyed;
  }

  hasRoom(): boolean {
    const { net } = this.entry;
    // Without a net, starting fails at once.
    if (!net || net.rows === 0) return true;
    const { maxQueue, maxRows } = this.#context;
    const estimate = Math.min(Math.max(Math.floor(this.bytes * net.rowsPerByte), 1), maxRows);
    return net.rows + (this.#rows ?? estimate) <= maxQueue;
  }

  refuse(): void {
    this.#fail(performance.now() >= this.#deadline ? this.#late() : queueIsFull(this.entry, this.#context.maxQueue));
  }

  start(): boolean {
    try {
      return this.#queue(this.entry.current);
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  get #body(): Buffer | undefined {
    return this.request.body as Buffer | undefined;
  }

  get #deadline(): number {
    return arrivalOf(this.request) + this.#timeoutMs;
  }

  #queue(net: ServedNet): boolean {
    const began = performance.now();
    if (began >= this.#deadline) throw this.#late();
    const jsonLength = this.request.headers[jsonLengthHeader] as string | undefined;
    const inference = readInferRequest(this.#body, jsonLength, net.isSingle);
    this.#limitTime(inference.timeoutMs);
    if (inference.sequence) return this.#queueSteps(net, inference, inference.sequence, began);
    const wanted = wantedOutputs(net.outputs, inference);
    const { count, writeTo } = requestRowsOf(net, inference, this.#context.maxRows);
    net.rowsPerByte = count / this.bytes;
    this.#rows = count;
    if (net.rows + count > this.#context.maxQueue) return false;
    writeTo(net.queue.reserve(count));
    const inputMs = performance.now() - began;
    net.queue.add(this.#jobOf(net, { id: inference.id, wanted, rows: count, inputMs }));
    return true;
  }

  /** @param began - when it was begun to be parsed */
  #queueSteps(net: ServedNet, inference: InferRequest, sequence: SequenceParameters, began: number): boolean {
    requireOneProcess(this.#context.workers);
    const steps = sequenceStepsOf(net, inference, this.#context.maxRows);
    const rows = steps.length;
    net.rowsPerByte = rows / this.bytes;
    this.#rows = rows;
    if (net.rows + rows > this.#context.maxQueue) return false;
    const inputMs = performance.now() - began;
    let inferBegan = 0;
    const job: SequenceJob = {
      steps,
      deadline: this.#deadline,
      isOver: () => this.isOver(),
      timeOut: () => this.#fail(this.#late()),
      fail: (error) => this.#fail(error),
      begin: () => {
        inferBegan = performance.now();
      },
      done: (answers) => {
        // A client that has gone may ask again, and the sequence must not go on without it.
        if (this.isOver()) return false;
        const answer = joinedSteps(answers);
        const wanted = wantedOutputs(allOutputs(answerParts(answer)), inference);
        const queued = { id: inference.id, wanted, rows, inputMs };
        return this.#send(queued, answer, 0, { began: inferBegan, rows: 1 });
      },
    };
    net.sequences.add(sequence, job, this.entry.name);
    return true;
  }

  /** Shortens the time for the answer to what the request asks for. */
  #limitTime(milliseconds: number | undefined): void {
    if (milliseconds === undefined || milliseconds >= this.#timeoutMs) return;
    this.#timeoutMs = milliseconds;
    const left = this.#deadline - performance.now();
    if (left <= 0) throw this.#late();
    this.#timer ??= setTimeout(() => this.#fail(this.#late()), left);
  }

  #jobOf(net: ServedNet, { id, wanted, rows, inputMs }: QueuedRows): InferJob {
    let batch = { began: 0, rows: 0 };
    return {
      rows,
      deadline: this.#deadline,
      isOver: () => this.isOver(),
      timeOut: () => this.#fail(this.#late()),
      fail: (error) => this.#fail(error),
      begin: () => {
        batch = { began: performance.now(), rows: net.queue.computing };
      },
      done: (prediction: Answers, first: number) => {
        this.#send({ id, wanted, rows, inputMs }, prediction, first, batch);
      },
    };
  }

  /**
   * Answers the request by some rows of a prediction, unless it is answered already.
   * @returns whether that was done
   */
  #send({ id, wanted, rows, inputMs }: QueuedRows, prediction: Answers, first: number, batch: BatchTimes): boolean {
    if (this.#isAnswered) return false;
    try {
      const done = performance.now();
      const answer = writeReply(this.entry.replyHead, id, wanted, prediction, first, rows);
      this.#answered();
      this.#context.succeed(this, answer, {
        rows,
        batchRows: batch.rows,
        inputMs,
        queueMs: batch.began - arrivalOf(this.request) - inputMs,
        inferMs: done - batch.began,
        outputMs: performance.now() - done,
      });
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (this.#isAnswered) return;
    this.#answered();
    this.reply.send(error);
  }

  #answered(): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
  }

  #late(): Problem {
    return new Problem(504, `Expected an answer within ${this.#timeoutMs} ms but it took longer`);
  }
}

/** Refuses a sequence where its next request may come to another process, which does not know it. */
function requireOneProcess(workers: number): void {
  if (workers === 1) return;
  const expected = 'no sequence_id, since the state of a sequence is in one process,';
  throw badRequest('a server of several workers', expected, 'one: serve sequences by a server with one worker');
}

/** Makes the 503 for a model whose queue is full. */
export function queueIsFull({ name, net }: ModelEntry, maxQueue: number): Problem {
  const rows = net?.rows ?? 0;
  return new Problem(
    503,
    `Expected room in the queue of model '${name}' but ${rows} of at most ${maxQueue} rows wait: try again later`,
  );
}
