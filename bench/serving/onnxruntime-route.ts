import { type FastifyInstance, fastify, LogController } from 'fastify';
import { rival } from '../rivals.js';
import type { OnnxRuntime } from '../support/onnxruntime.js';
import { inferPath, modelName } from './requests.js';

interface InferBody {
  readonly id?: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly data: number[] }[];
}

/** A row that waits for its turn of the event loop. */
interface Waiting {
  readonly data: readonly number[];
  resolve(row: Float32Array): void;
  reject(error: unknown): void;
}

/** Rows of a batch at the most. */
const maxBatch = 64;

/**
 * A route for one model as people write it by hand: Fastify parses, onnxruntime-node predicts, on one thread.
 * @param gathers - whether rows that arrive in one turn of the event loop are predicted together
 */
export async function onnxruntimeApp(file: string, gathers: boolean): Promise<FastifyInstance> {
  const { InferenceSession, Tensor } = rival<OnnxRuntime>('onnxruntime-node');
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
  const session = await InferenceSession.create(file, options);
  const app = fastify({
    logger: { level: 'warn' },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 16 << 20,
    // JSON.parse and nothing after it.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });

  async function predict(data: Float32Array, rows: number): Promise<Float32Array> {
    const input = new Tensor('float32', data, [rows, data.length / rows]);
    return (await session.run({ input })).output!.data;
  }

  let waiting: Waiting[] = [];

  async function predictWaiting(): Promise<void> {
    const all = waiting;
    waiting = [];
    for (let first = 0; first < all.length; first += maxBatch) {
      const batch = all.slice(first, first + maxBatch);
      const width = batch[0]!.data.length;
      const x = new Float32Array(batch.length * width);
      batch.forEach(({ data }, i) => {
        x.set(data, i * width);
      });
      try {
        const y = await predict(x, batch.length);
        const outputs = y.length / batch.length;
        batch.forEach(({ resolve }, i) => {
          resolve(y.subarray(i * outputs, (i + 1) * outputs));
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  const gathered = (data: readonly number[]) =>
    new Promise<Float32Array>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(predictWaiting);
      waiting.push({ data, resolve, reject });
    });

  app.post<{ Body: InferBody }>(inferPath, async ({ body: { id, inputs } }) => {
    const [{ shape, data }] = inputs as [InferBody['inputs'][number]];
    const rows = shape[0]!;
    const y = gathers && rows === 1 ? await gathered(data) : await predict(Float32Array.from(data), rows);
    const classes = y.length / rows;
    const answers = Array.from({ length: rows }, (_, row) => classOf(y, row * classes, classes));
    return {
      model_name: modelName,
      model_version: '1',
      ...(id !== undefined && { id }),
      outputs: [
        { name: 'output', shape: [rows, classes], datatype: 'FP32', data: Array.from(y) },
        { name: 'class', shape: [rows], datatype: 'BYTES', data: answers },
      ],
    };
  });
  return app;
}

/** The place of a row's largest number. */
function classOf(y: Float32Array, first: number, classes: number): string {
  let best = 0;
  for (let i = 1; i < classes; i++) if (y[first + i]! > y[first + best]!) best = i;
  return String(best);
}
