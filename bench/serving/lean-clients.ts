import { connect, type Socket } from 'node:net';
import { inferPath, type RowRequest } from './requests.js';

/** Is told of answers. */
export interface AnswerListener {
  /** @param milliseconds - from the request to its whole answer */
  onAnswer(status: number, milliseconds: number): void;
  /** A request got no answer. */
  onLost(): void;
}

/** Milliseconds until a connection that was refused or lost is tried again. */
const retryMs = 10;

/**
 * Connections that each send the next request as soon as they have an answer. They take a small part of the time that the
 * server takes, since a load that takes as long as the server limits what is measured: it writes ready-made bytes and
 * looks at no more of an answer than its status and its length.
 */
export class LeanClients {
  readonly #connections: readonly Connection[];

  constructor(port: number, requests: readonly RowRequest[], connections: number, listener: AnswerListener) {
    const bytes = requests.map((request) => bytesOf(port, request));
    this.#connections = Array.from({ length: connections }, (_, i) => new Connection(port, bytes, i, listener));
  }

  /** Sends no more, and forgets the requests under way. */
  stop(): void {
    for (const connection of this.#connections) connection.stop();
  }
}

function bytesOf(port: number, { headers, body }: RowRequest): Buffer {
  const all = { Host: `127.0.0.1:${port}`, Connection: 'keep-alive', ...headers, 'Content-Length': body.length };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${inferPath} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

class Connection {
  readonly #port: number;
  readonly #requests: readonly Buffer[];
  readonly #listener: AnswerListener;
  #socket!: Socket;
  #next: number;
  #sentAt = 0;
  #isWaiting = false;
  #isOver = false;
  /** Bytes of an answer that is not whole. */
  #part: Buffer | undefined;

  constructor(port: number, requests: readonly Buffer[], first: number, listener: AnswerListener) {
    this.#port = port;
    this.#requests = requests;
    this.#next = first;
    this.#listener = listener;
    this.#open();
  }

  stop(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #open(): void {
    this.#part = undefined;
    this.#isWaiting = false;
    this.#socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket
      .on('connect', () => this.#send())
      .on('data', (bytes: Buffer) => this.#receive(bytes))
      .on('error', () => {})
      .on('close', () => this.#lost());
  }

  #send(): void {
    this.#isWaiting = true;
    this.#sentAt = performance.now();
    this.#socket.write(this.#requests[this.#next++ % this.#requests.length]!);
  }

  #receive(bytes: Buffer): void {
    const all = this.#part ? Buffer.concat([this.#part, bytes]) : bytes;
    const answer = headOf(all);
    if (!answer || all.length < answer.bytes) {
      this.#part = all;
      return;
    }
    this.#part = undefined;
    this.#isWaiting = false;
    this.#listener.onAnswer(answer.status, performance.now() - this.#sentAt);
    if (this.#isOver) return;
    if (answer.isLast) this.#socket.destroy();
    else this.#send();
  }

  #lost(): void {
    if (this.#isOver) return;
    if (this.#isWaiting) this.#listener.onLost();
    if (this.#isWaiting || !this.#socket.bytesRead) setTimeout(() => this.#isOver || this.#open(), retryMs);
    else this.#open();
  }
}

/** The head of an answer; undefined where it is not whole. */
function headOf(bytes: Buffer) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  return {
    status: Number(head.slice(9, 12)),
    bytes: end + 4 + Number(length),
    isLast: /\r\nconnection: close/i.test(head),
  };
}
