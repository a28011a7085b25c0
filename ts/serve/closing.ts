import { type Socket, Server as TcpServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Repository } from './repository.js';

/** Milliseconds for which a connection without a request stays open: a request may be on its way. */
const lingerMs = 500;
/** The server stops listening even if connections keep coming: after so many, more than wait at once. */
const mostConnections = 512;
/** Milliseconds between two looks for connections that have become idle. */
const idleCheckMs = 20;

/** Ends a server without losing a request on a connection that it has accepted. */
export class Closing {
  readonly #app: FastifyInstance;
  readonly #repository: Repository;
  readonly #drainMs: number;
  readonly #sockets = new Set<Socket>();
  /** Connections since the server began. */
  #connections = 0;
  #idle: NodeJS.Timeout | undefined;
  #ended: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** @param drainMs - milliseconds after which connections are cut off */
  constructor(app: FastifyInstance, repository: Repository, drainMs: number) {
    this.#app = app;
    this.#repository = repository;
    this.#drainMs = drainMs;
    app.server.on('connection', (socket) => {
      this.#connections++;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // Fastify closes idle connections afterwards: by then there should be none.
    app.addHook('preClose', () => this.#connectionsEnd());
    app.addHook('onClose', async () => clearInterval(this.#idle));
  }

  /** Stops listening, answers the requests under way with `Connection: close`, and closes. Later calls wait for the first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#repository.isDraining = true;
    // Clients that are told to go find nobody listening, rather than a connection that nobody takes.
    void this.#connectionsEnd();
    const end = setTimeout(() => this.#app.server.closeAllConnections(), this.#drainMs);
    try {
      await this.#app.close();
    } finally {
      clearTimeout(end);
    }
  }

  get #lingerMs(): number {
    return Math.min(lingerMs, this.#drainMs);
  }

  #connectionsEnd(): Promise<void> {
    this.#ended ??= this.#stopListening();
    return this.#ended;
  }

  /** Stops listening; resolves when all connections have ended, or after the time that they linger. */
  async #stopListening(): Promise<void> {
    await this.#quiet();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        // At the end of a turn: by then, requests that have come are read.
        this.#idle = setInterval(() => setImmediate(() => this.#closeIdle()), idleCheckMs);
        setImmediate(resolve);
      }, this.#lingerMs);
      const server: TcpServer = this.#app.server;
      // Not the HTTP server's own `close`, which would end connections at once on which the next request is coming. In Bun,
      // an HTTP server is no TCP server.
      const close = isTcpServer(server) ? TcpServer.prototype.close : server.close;
      close.call(server, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#repository.resume();
    });
  }

  /**
   * Resolves when turns of the event loop bring no further connections. The system resets connections that it has made but
   * the server has not accepted. No answers are sent meanwhile, so that their clients open no further connections.
   */
  async #quiet(): Promise<void> {
    if (!this.#app.server.listening) return;
    this.#repository.pause();
    // Half of the time that there is: requests that have come need the other half.
    const mostMs = performance.now() + this.#drainMs / 2;
    const most = this.#connections + mostConnections;
    let before = this.#connections;
    // A turn accepts one connection, if there is one.
    for (let quiet = 0; quiet < 3 && this.#connections < most && performance.now() < mostMs; quiet++) {
      await nextTurn();
      if (this.#connections > before) quiet = 0;
      before = this.#connections;
    }
  }

  /** Closes connections without a request, those among them that never had one, too. */
  #closeIdle(): void {
    this.#app.server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

const isTcpServer = (server: object): boolean => server instanceof TcpServer;
