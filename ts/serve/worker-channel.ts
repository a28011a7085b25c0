import type { Socket } from 'node:net';
import { BlasnetError, type ErrorCode, reasonOf } from '../core/errors.js';
import { Problem } from './problem.js';

/** The other end: a child process, or the process itself towards its parent. */
export interface Peer {
  readonly connected: boolean;
  send?(message: object, handle?: Socket, options?: object, sent?: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** Does something for the other end; what it returns is the answer to a question. */
type Handler = (argument: never, socket: Socket | undefined) => unknown;

export interface Fault {
  readonly message: string;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
}

interface Message {
  /** The name of a handler. */
  readonly name?: string;
  readonly argument?: unknown;
  /** The number of a question, in the question and in its answer. */
  readonly question?: number;
  readonly answer?: unknown;
  readonly fault?: Fault;
}

interface Delivery {
  readonly socket?: Socket;
  readonly failed?: () => void;
}

interface Question {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Messages between a server and one of its workers: questions with answers, and news without. */
export class WorkerChannel {
  readonly #peer: Peer;
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #questions = new Map<number, Question>();
  #asked = 0;

  constructor(peer: Peer, handlers: Readonly<Record<string, Handler>>) {
    this.#peer = peer;
    this.#handlers = handlers;
    peer.on('message', (message, handle) => this.#receive(message as Message, handle as Socket | undefined));
    peer.on('disconnect', () => {
      for (const { reject } of this.#questions.values()) reject(gone());
      this.#questions.clear();
    });
  }

  /** Asks the other end. @throws what its handler throws, or an Error where the other end has gone */
  async ask<Answer>(name: string, argument?: unknown): Promise<Answer> {
    this.#asked++;
    const question = this.#asked;
    return new Promise<unknown>((resolve, reject) => {
      this.#questions.set(question, { resolve, reject });
      const failed = () => {
        this.#questions.delete(question);
        reject(gone());
      };
      this.#send({ name, argument, question }, { failed });
    }) as Promise<Answer>;
  }

  /** Tells the other end, unless it has gone. */
  tell(name: string, argument?: unknown): void {
    this.#send({ name, argument });
  }

  /** Shares a socket with the other end, unless that has gone. */
  share(name: string, socket: Socket): void {
    this.#send({ name }, { socket });
  }

  #send(message: Message, { socket, failed }: Delivery = {}): void {
    if (!this.#peer.connected || !this.#peer.send) failed?.();
    else this.#peer.send(message, socket, { keepOpen: true }, (error) => error && failed?.());
  }

  #receive(message: Message, socket: Socket | undefined): void {
    const { name, argument, question } = message;
    if (name !== undefined) void this.#handle(name, argument, question, socket);
    else if (question !== undefined) this.#answered(question, message);
  }

  async #handle(name: string, argument: unknown, question: number | undefined, socket?: Socket): Promise<void> {
    if (question === undefined) {
      await this.#handlers[name]?.(argument as never, socket);
      return;
    }
    try {
      const answer = await this.#handlers[name]!(argument as never, socket);
      this.#send({ question, answer });
    } catch (error) {
      this.#send({ question, fault: faultOf(error) });
    }
  }

  #answered(question: number, { answer, fault }: Message): void {
    const asked = this.#questions.get(question);
    this.#questions.delete(question);
    if (fault) asked?.reject(errorOf(fault));
    else asked?.resolve(answer);
  }
}

/** The other end has gone. */
class PeerGone extends Error {}

const gone = () => new PeerGone('Expected an answer of another process of the server but it has ended');

export const isPeerGone = (error: unknown): boolean => error instanceof PeerGone;

/** An error in a form that can be sent. */
export function faultOf(error: unknown): Fault {
  const cause = error instanceof Problem ? error.cause : error;
  const code = cause instanceof BlasnetError ? cause.code : undefined;
  return { message: reasonOf(error), code, status: error instanceof Problem ? error.statusCode : undefined };
}

/** The error that was sent. */
export function errorOf({ message, code, status }: Fault): Error {
  const own = code === undefined ? undefined : new BlasnetError(code as ErrorCode, message);
  if (status !== undefined) return new Problem(status, message, own ? { cause: own } : {});
  return own ?? new Error(message);
}
