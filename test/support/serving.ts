import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, type Prediction, Tensor } from 'blasnet';
import { inferenceServer, type RunningServer, type ServeOptions } from 'blasnet/serve';
import { type FastifyInstance, fastify } from 'fastify';

/** A Fastify app that lets plugins take as long as a busy machine makes them take, and closes when the test ends. */
export function patientApp(t: ExecutionContext): FastifyInstance {
  const app = fastify({ pluginTimeout: 0 });
  t.teardown(() => app.close());
  return app;
}

/** Such an app with the routes. */
export async function servingApp(t: ExecutionContext, options: ServeOptions): Promise<FastifyInstance> {
  const app = patientApp(t);
  await app.register(inferenceServer, options);
  await app.ready();
  return app;
}

/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface InferAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: readonly { name: string; shape: number[]; datatype: string; data: (number | string)[] }[];
}

/** Posts JSON, or text as it is. */
export async function post(app: FastifyInstance, url: string, body: unknown): Promise<Answer> {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const { statusCode, headers, body: text } = await app.inject({ method: 'POST', url, payload });
  return { status: statusCode, json: JSON.parse(text), headers };
}

export async function get(app: FastifyInstance, url: string): Promise<Answer> {
  const { statusCode, headers, body } = await app.inject({ url });
  return { status: statusCode, json: JSON.parse(body), headers };
}

/** A request with one input. */
export function inputOf(data: unknown, shape: readonly number[], datatype = 'FP32') {
  return { inputs: [{ name: 'input', datatype, shape, data }] };
}

/** Answers of a net, by the outputs' names where there are several. */
export type Answers = Prediction | Readonly<Record<string, Prediction>>;

/** Makes a net compute only when `release` is called. */
export class GatedNet extends NeuralNet {
  /** Rows of the batches that were begun since the gate closed. */
  readonly batches: number[] = [];
  #gate: Promise<void> | undefined;
  #open = () => {};

  close(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#gate = undefined;
    this.#open();
  }

  override async predict<Result extends Answers>(...[rows]: Parameters<NeuralNet['predict']>): Promise<Result> {
    const prediction = super.predict<Result>(rows);
    if (this.#gate) {
      this.batches.push((rows as Tensor).rows);
      await this.#gate;
    }
    return prediction;
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Writes a net that multiplies by a factor, where a server may load it meanwhile. */
export async function saveFactor(file: string, factor: number): Promise<void> {
  const layer = new FullyConnectedLayer(1, 1);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(layer, 'fc');
  layer.setWeights({ W: Tensor.from([[factor]]) });
  await net.save(file);
}

/**
 * Makes twenty connections to a server and closes it before it has accepted them; then each of them asks.
 * @returns what they are answered, for an input of 1
 */
export async function answersWhileClosing(server: RunningServer): Promise<readonly string[]> {
  const { port, hostname } = new URL(server.url);
  const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname));
  // They connect now; the server accepts them in the next turn of the event loop.
  await new Promise(process.nextTick);
  const closed = server.close();
  const body = JSON.stringify(inputOf([1], [1, 1]));
  const answers = sockets.map((socket) => {
    socket.write(
      `POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return text(socket);
  });
  const all = await Promise.all(answers);
  await closed;
  return all;
}
