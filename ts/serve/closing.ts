import { type Socket, Server as TcpServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { quietConnections } from './quiet.js';
import type { Repository } from './repository.js';

/** Milliseconds for which a connection without a request stays open: a request may be on its way. */
const lingerMs = 500;
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
      this.#whenClosed(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#repository.resume();
    });
  }

  /** Stops listening, and calls back when all connections have ended. */
  #whenClosed(done: () => void): void {
    const server: TcpServer = this.#app.server;
    // Not the HTTP server's own `close`, which would end connections at once on which the next request is coming. In Bun,
    // an HTTP server is no TCP server.
    const close = isTcpServer(server) ? TcpServer.prototype.close : server.close;
    if (server.listening) close.call(server, done);
    else if (this.#sockets.size === 0) done();
    else for (const socket of this.#sockets) socket.once('close', () => this.#sockets.size === 0 && done());
  }

  /** Accepts the connections that there are. No answers are sent meanwhile, so that their clients open no further ones. */
  async #quiet(): Promise<void> {
    if (!this.#app.server.listening) return;
    this.#repository.pause();
    // Half of the time that there is: requests that have come need the other half.
    await quietConnections(() => this.#connections, this.#drainMs / 2);
  }

  /** Closes connections without a request, those among them that never had one, too. */
  #closeIdle(): void {
    this.#app.server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

const isTcpServer = (server: object): boolean => server instanceof TcpServer;
