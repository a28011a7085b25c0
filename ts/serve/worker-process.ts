import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../core/own-package.js';
import type { EntrySnapshot } from './entry-statistics.js';
import type { MetricsSnapshot } from './metrics.js';
import type { ChangeOrder, WorkerStart } from './worker.js';
import { errorOf, type Fault, WorkerChannel } from './worker-channel.js';

/** A module of its own, as it is published, too. */
const program = join(packageRoot, 'dist/serve/worker.js');
/** Milliseconds for a worker's figures; without them the former ones stand in. */
const figuresMs = 5000;

/** The questions of a worker that are about all of them, by name. */
export type SharedHandlers = Readonly<
  Record<'isReady' | 'metrics' | 'statistics' | 'change', (argument: never) => unknown>
>;

/** Receives the events of a worker. */
export interface WorkerListener {
  /** It takes connections; its models may not be loaded. */
  onUp(worker: WorkerProcess): void;
  /** @param how - as `code 1` or `signal SIGKILL` */
  onEnd(worker: WorkerProcess, how: string): void;
}

/** One process that answers requests, as its parent sees it. */
export class WorkerProcess {
  /** Resolves when its models are loaded. Rejects with the reason where they cannot be, or where it ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  /** Connections that it has. */
  connections = 0;
  /** Connections that it has been sent and has not taken yet, in order. */
  readonly #untaken: Socket[] = [];
  readonly #child: ChildProcess;
  readonly #channel: WorkerChannel;
  #isUp = false;
  #isReady = false;
  #hasEnded = false;
  #metrics: MetricsSnapshot = [];

  constructor(start: WorkerStart, shared: SharedHandlers, { onUp, onEnd }: WorkerListener) {
    // Without the flags of this process, which may be for its program only: NODE_OPTIONS is for all.
    this.#child = fork(program, [], { execArgv: [] });
    let fault: Fault | undefined;
    const began = withResolvers();
    this.ready = began.promise;
    this.#channel = new WorkerChannel(this.#child, {
      ...shared,
      up: () => {
        this.#isUp = true;
        onUp(this);
      },
      ready: () => {
        this.#isReady = true;
        began.resolve();
      },
      failed: (reason: Fault) => {
        fault = reason;
      },
      // Its copy of the socket is the only one from now on.
      taken: () => this.#untaken.shift()?.destroy(),
      ended: () => {
        this.connections--;
      },
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        began.reject(fault ? errorOf(fault) : new Error(`Expected a worker to load its models but it ended: ${how}`));
        resolve();
        onEnd(this, how);
      };
      this.#child.once('exit', (code, signal) => end(signal === null ? `code ${code}` : `signal ${signal}`));
      this.#child.once('error', ({ message }) => end(message));
    });
    // Whoever waits for it is told.
    this.ready.catch(() => {});
    this.#channel.tell('start', start);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it takes connections. */
  get isUp(): boolean {
    return this.#isUp && !this.#hasEnded;
  }

  /** Whether its models are loaded. */
  get isReady(): boolean {
    return this.#isReady && !this.#hasEnded;
  }

  /** The metrics that were asked for last. */
  get latestMetrics(): MetricsSnapshot {
    return this.#metrics;
  }

  /** Connections that it has not taken. */
  get untaken(): readonly Socket[] {
    return this.#untaken;
  }

  /** Hands a connection over. */
  take(socket: Socket): void {
    this.connections++;
    this.#untaken.push(socket);
    this.#channel.share('connection', socket);
  }

  async metrics(): Promise<MetricsSnapshot> {
    this.#metrics = await within(figuresMs, this.#channel.ask<MetricsSnapshot>('metrics'), this.#metrics);
    return this.#metrics;
  }

  /** Returns undefined where there are none in time. */
  statistics(): Promise<readonly EntrySnapshot[] | undefined> {
    return within(figuresMs, this.#channel.ask<readonly EntrySnapshot[] | undefined>('statistics'), undefined);
  }

  async change(order: ChangeOrder): Promise<void> {
    await this.#channel.ask('change', order);
  }

  /** Has it send no answers until it closes; resolves when it does so, or after a time. */
  drain(mostMs: number): Promise<unknown> {
    return within(mostMs, this.#channel.ask('drain'), undefined);
  }

  /** Has it answer the requests under way and end; after a time it is ended. */
  async close(mostMs: number): Promise<void> {
    if (this.#isUp) this.#channel.tell('close');
    else this.#child.kill('SIGKILL');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), mostMs);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Returns another value where a promise takes too long or rejects. */
async function within<T>(ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  try {
    return await Promise.race([promise.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}

function withResolvers() {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
