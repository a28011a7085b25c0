// A process that serves models on the connections that its parent, a WorkerPool, hands to it.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { setThreads } from '../runtime/environment.js';
import { createApp } from './app.js';
import { Closing } from './closing.js';
import { type EntrySnapshot, type EntryStatistics, snapshotOf } from './entry-statistics.js';
import type { Metrics, MetricsSnapshot } from './metrics.js';
import type { ServeOptions } from './options.js';
import { type ModelChange, Repository } from './repository.js';
import type { Site } from './site.js';
import { faultOf, type Peer, WorkerChannel } from './worker-channel.js';
import { type LoggerChoice, loggerOf } from './worker-logger.js';

/** The orders with which a worker begins. */
export interface WorkerStart {
  readonly options: ServeOptions;
  /** Where the parent listens. */
  readonly host: string;
  readonly logger: LoggerChoice;
  readonly drainMs: number;
  readonly workers: number;
  readonly threads: number;
  /** Names of models that are not loaded at present. */
  readonly unloaded: readonly string[];
}

/** A change of a model. */
export interface ChangeOrder {
  readonly name: string;
  readonly change: ModelChange;
}

/** The parent answers for all workers. */
class SharedSite implements Site {
  constructor(readonly workers: number) {}

  areOthersReady(): Promise<boolean> {
    return channel.ask('isReady');
  }

  metrics(): Promise<string> {
    return channel.ask('metrics');
  }

  statistics(): Promise<readonly EntryStatistics[]> {
    return channel.ask('statistics');
  }

  async change(name: string, change: ModelChange): Promise<void> {
    await channel.ask('change', { name, change } satisfies ChangeOrder);
  }
}

let repository: Repository | undefined;
let app: FastifyInstance | undefined;
let metrics: Metrics | undefined;
let closing: Closing | undefined;
let state: 'open' | 'closing' | 'closed' = 'open';

const channel = new WorkerChannel(process as Peer, {
  start: begin,
  connection: take,
  /** Sends no answers until `close`, so that clients open no further connections meanwhile. */
  drain: () => {
    if (!repository) return;
    repository.isDraining = true;
    repository.pause();
  },
  close,
  metrics: (): Promise<MetricsSnapshot> | undefined => metrics?.snapshot(),
  statistics: (): readonly EntrySnapshot[] => repository!.entries.map(snapshotOf),
  change: ({ name, change }: ChangeOrder) => repository!.change(name, change),
});

// Signals to all processes of a terminal or a service come here, too; the parent decides what to do about them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => {
  // The parent has ended: killed, or told so a second time.
  if (state === 'open') void close();
  else if (state === 'closing') process.exit(1);
});

async function begin({ options, host, logger, drainMs, workers, threads, unloaded }: WorkerStart): Promise<void> {
  try {
    setThreads(threads);
    const models = new Repository(options);
    repository = models;
    const siteOf = (own: Metrics) => {
      metrics = own;
      return new SharedSite(workers);
    };
    app = await createApp(models, { host, logger: loggerOf(logger), siteOf });
    closing = new Closing(app, models, drainMs);
    await app.ready();
    // The HTTP server begins to look for late requests; it listens at no port of its own.
    app.server.emit('listening');
    channel.tell('up');
    await models.load(unloaded);
    channel.tell('ready');
  } catch (error) {
    await channel.ask('failed', faultOf(error)).catch(() => {});
    process.exit(1);
  }
}

/** Takes a connection that the parent has accepted. */
function take(_: unknown, socket: Socket | undefined): void {
  channel.tell('taken');
  // The client may have gone on the way.
  if (!socket) {
    channel.tell('ended');
    return;
  }
  socket.allowHalfOpen = true;
  socket.once('close', () => channel.tell('ended'));
  app!.server.emit('connection', socket);
}

async function close(): Promise<void> {
  state = 'closing';
  await closing?.close();
  state = 'closed';
  if (process.connected) process.disconnect();
}
