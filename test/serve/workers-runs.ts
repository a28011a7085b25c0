import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type StartOptions, startServer } from 'blasnet/serve';
import { temporaryFolder } from '../support/files.js';
import { type InferAnswer, inputOf, saveFactor } from '../support/serving.js';

export async function serving(t: ExecutionContext, options: Partial<StartOptions> = {}) {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const server = await startServer({ models: [{ name: 'm', file }], port: 0, workers: 2, ...options });
  t.teardown(() => server.close());
  /** On a connection of its own: they go to the workers in turn. */
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${server.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { connection: 'close' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  };
  /** The outputs of several requests, to all workers. */
  const outputs = async () => {
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await ask('/v2/models/m/infer', inputOf([3], [1, 1])));
    return answers.map(({ status, body }) =>
      status === 200 ? (JSON.parse(body) as InferAnswer).outputs[0]!.data[0] : status,
    );
  };
  return { file, server, ask, outputs };
}
