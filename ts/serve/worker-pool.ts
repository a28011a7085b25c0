import { once } from 'node:events';
import { type AddressInfo, isIPv6, type Socket, Server as TcpServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { badArgument } from '../core/errors.js';
import { mergedStatistics } from './entry-statistics.js';
import { checkModels, type ServeOptions, serveOptionNames, settingsOf } from './options.js';
import { Problem, withoutStatus } from './problem.js';
import { quietConnections } from './quiet.js';
import { Restarts } from './restarts.js';
import type { RunningServer, StartOptions } from './server.js';
import type { ChangeOrder, WorkerStart } from './worker.js';
import { isPeerGone } from './worker-channel.js';
import { loggerChoice } from './worker-logger.js';
import { WorkerMetrics } from './worker-metrics.js';
import { WorkerProcess } from './worker-process.js';

/** So many workers are replaced at once within that time in milliseconds; further ones wait. */
const [mostRestarts, restartsMs] = [5, 60_000];
/** Connections that wait for the first worker. */
const mostHeld = 512;
/** Milliseconds that workers have to end beyond the server's `drainMs`. */
const graceMs = 5000;

/** The settings that a pool needs, checked before any process begins. */
export interface PoolOptions {
  readonly host: string;
  readonly port: number;
  readonly drainMs: number;
  readonly logger: NonNullable<StartOptions['logger']>;
  readonly workers: number;
  readonly workerThreads: number;
}

/**
 * A server of several processes. This one accepts connections and hands each to the worker that has the fewest; it starts,
 * replaces and ends workers, and answers for all of them what is the same for all.
 */
export class WorkerPool implements RunningServer {
  url = '';
  readonly #options: PoolOptions;
  readonly #start: Omit<WorkerStart, 'unloaded'>;
  readonly #server = new TcpServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  /** A place is empty while its worker waits to be replaced. */
  readonly #workers: (WorkerProcess | undefined)[];
  readonly #metrics = new WorkerMetrics();
  readonly #restarts = new Restarts(mostRestarts, restartsMs);
  readonly #waiting = new Set<NodeJS.Timeout>();
  readonly #unloaded = new Set<string>();
  #changes: Promise<unknown> = Promise.resolve();
  /** Connections since the server began. */
  #connections = 0;
  /** Connections that no worker can take yet. */
  #held: Socket[] = [];
  #isStarted = false;
  #closed: Promise<void> | undefined;

  private constructor(options: StartOptions, pool: PoolOptions) {
    this.#options = pool;
    this.#start = {
      options: Object.fromEntries(serveOptionNames.map((name) => [name, options[name]])) as unknown as ServeOptions,
      host: pool.host,
      logger: loggerChoice(pool.logger),
      drainMs: pool.drainMs,
      workers: pool.workers,
      threads: pool.workerThreads,
    };
    this.#workers = Array.from({ length: pool.workers });
    this.#server.on('connection', (socket: Socket) => {
      this.#connections++;
      this.#hand(socket);
    });
  }

  /**
   * Starts the workers; resolves when all have loaded their models.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for options that workers cannot have, and what `startServer` throws
   */
  static async start(options: StartOptions, pool: PoolOptions): Promise<WorkerPool> {
    checkModels(options.models);
    settingsOf(options);
    const inMemory = options.models.find(({ file }) => file === undefined);
    if (inMemory)
      throw badArgument(`model '${inMemory.name}'`, 'a file, which each of several workers loads,', inMemory.net);
    const server = new WorkerPool(options, pool);
    try {
      await server.#begin();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  get app(): FastifyInstance {
    throw badArgument(
      'app',
      'a server with one worker',
      `one with ${this.#options.workers}, each with an app of its own`,
    );
  }

  async reload(name?: string): Promise<void> {
    const all = this.#start.options.models.map((model) => model.name).filter((one) => !this.#unloaded.has(one));
    for (const each of name === undefined ? new Set(all) : [name]) {
      await this.#change({ name: each, change: 'load' }).catch((error: unknown) => {
        throw withoutStatus(error);
      });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #begin(): Promise<void> {
    const { host, port } = this.#options;
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
    const { address, port: actual } = this.#server.address() as AddressInfo;
    this.url = `http://${isIPv6(address) ? `[${address}]` : address}:${actual}`;
    for (const place of this.#workers.keys()) this.#fill(place);
    await Promise.all(this.#workers.map((worker) => worker!.ready));
    this.#isStarted = true;
  }

  /** Starts a worker in a place. */
  #fill(place: number): void {
    const start = { ...this.#start, unloaded: [...this.#unloaded] };
    const shared = {
      isReady: () => this.#isReady,
      metrics: () => this.#metricsText(),
      statistics: () => this.#statistics(),
      change: (order: ChangeOrder) => this.#change(order),
    };
    this.#workers[place] = new WorkerProcess(start, shared, {
      onUp: () => {
        const held = this.#held;
        this.#held = [];
        for (const socket of held) this.#hand(socket);
      },
      onEnd: (worker, how) => {
        this.#workers[place] = undefined;
        this.#metrics.keep(worker.latestMetrics);
        if (this.#isStarted && !this.#closed) this.#replace(place, worker, how);
        for (const socket of worker.untaken) this.#hand(socket);
      },
    });
  }

  #replace(place: number, { pid }: WorkerProcess, how: string): void {
    const ms = Math.ceil(this.#restarts.next());
    const when = ms === 0 ? 'another one takes its place' : `another one takes its place in ${Math.ceil(ms / 1000)} s`;
    process.emitWarning(`worker ${pid} ended by ${how}; ${when}`, 'BlasnetWarning');
    if (ms === 0) {
      this.#fill(place);
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      this.#fill(place);
    }, ms);
    this.#waiting.add(timer);
  }

  get #running(): readonly WorkerProcess[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  get #isReady(): boolean {
    return !this.#closed && this.#workers.every((worker) => worker?.isReady);
  }

  /** Hands a connection to the worker that has the fewest; to each in turn where they have equally many. */
  #hand(socket: Socket): void {
    // The client may go before a worker has it.
    socket.on('error', () => {});
    const up = this.#running.filter(({ isUp }) => isUp);
    const first = up[this.#connections % up.length];
    if (first) up.reduce((best, one) => (one.connections < best.connections ? one : best), first).take(socket);
    else if (this.#running.length > 0 && this.#held.length < mostHeld) this.#held.push(socket);
    else socket.destroy();
  }

  async #metricsText(): Promise<string> {
    const all = await Promise.all(this.#running.filter(({ isUp }) => isUp).map((worker) => worker.metrics()));
    return this.#metrics.text(all, this.#running.filter(({ isReady }) => isReady).length);
  }

  async #statistics() {
    const all = await Promise.all(this.#running.filter(({ isUp }) => isUp).map((worker) => worker.statistics()));
    return mergedStatistics(all.filter((one) => one !== undefined));
  }

  /** Changes a model in all workers, after earlier changes. */
  #change(order: ChangeOrder): Promise<void> {
    const changed = this.#changes.then(() => this.#changeAll(order));
    this.#changes = changed.catch(() => {});
    return changed;
  }

  /** The first worker tries: where a file is bad, the others keep their nets, too. */
  async #changeAll(order: ChangeOrder): Promise<void> {
    const { name, change } = order;
    // Those that begin read the files now.
    await Promise.allSettled(this.#running.map(({ ready }) => ready));
    const was = this.#unloaded.has(name);
    if (change === 'unload') this.#unloaded.add(name);
    else this.#unloaded.delete(name);
    const changeOne = (worker: WorkerProcess) =>
      worker.change(order).catch((error: unknown) => {
        // Another worker that takes its place does as all others.
        if (!isPeerGone(error)) throw error;
      });
    try {
      const [first, ...others] = this.#running;
      if (!first) throw new Problem(503, 'Expected a server that is ready but its workers have ended');
      await changeOne(first);
      await Promise.all(others.map(changeOne));
    } catch (error) {
      if (was) this.#unloaded.add(name);
      else this.#unloaded.delete(name);
      throw error;
    }
  }

  async #close(): Promise<void> {
    for (const timer of this.#waiting) clearTimeout(timer);
    const { drainMs } = this.#options;
    const workers = this.#running;
    // They send no answers meanwhile, so that their clients open no further connections.
    await Promise.all(workers.filter(({ isUp }) => isUp).map((worker) => worker.drain(drainMs / 2)));
    await quietConnections(() => this.#connections, drainMs / 2);
    this.#server.close();
    for (const socket of this.#held) socket.destroy();
    await Promise.all(workers.map((worker) => worker.close(drainMs + graceMs)));
  }
}
