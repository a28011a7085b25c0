import { Agent, type IncomingMessage, request } from 'node:http';
import type { RowRequest } from './requests.js';

/** What became of the requests of some clients. */
export interface Outcome {
  /** Answers that came whole, by status. */
  readonly answers: Readonly<Record<number, number>>;
  /** Requests that were sent on a connection and got no whole answer. */
  readonly lost: number;
}

/**
 * Clients that keep their connections open and send one request after the other, each as soon as the one before is
 * answered, until they are refused a connection or told to stop. They follow `Connection: close`.
 */
export class LastingClients {
  readonly #answers: Record<number, number> = {};
  #lost = 0;
  #isOver = false;
  readonly #agent: Agent;
  readonly #url: URL;
  readonly #requests: readonly RowRequest[];
  readonly #running: Promise<unknown>;

  constructor(url: URL, requests: readonly RowRequest[], clients: number) {
    this.#url = url;
    this.#requests = requests;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#running = Promise.all(Array.from({ length: clients }, (_, i) => this.#run(i)));
  }

  /** Whole answers so far, by status. */
  get answers(): Outcome['answers'] {
    return this.#answers;
  }

  /** Sends no more; resolves when the last answer is there. */
  async stop(): Promise<Outcome> {
    this.#isOver = true;
    return this.ended();
  }

  /** Resolves when nobody gets a connection any more. */
  async ended(): Promise<Outcome> {
    await this.#running;
    this.#agent.destroy();
    return { answers: this.#answers, lost: this.#lost };
  }

  async #run(client: number): Promise<void> {
    for (let i = client; !this.#isOver; i++) {
      const status = await this.#ask(this.#requests[i % this.#requests.length]!);
      if (status === 'refused') return;
      if (status === 'lost') this.#lost++;
      else this.#answers[status] = (this.#answers[status] ?? 0) + 1;
    }
  }

  #ask({ headers, body }: RowRequest): Promise<number | 'refused' | 'lost'> {
    return new Promise((resolve) => {
      const { length } = body;
      const options = { method: 'POST', agent: this.#agent, headers: { ...headers, 'Content-Length': length } };
      const asked = request(this.#url, options, (response: IncomingMessage) => {
        response.on('end', () => resolve(response.complete ? response.statusCode! : 'lost'));
        response.on('error', () => resolve('lost'));
        response.resume();
      });
      asked.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' ? 'refused' : 'lost'));
      asked.end(body);
    });
  }
}
