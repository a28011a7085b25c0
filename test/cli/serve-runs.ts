import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { program } from '../support/command-line.js';

export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly line: string;
  /** The next line of the standard error. */
  readonly nextError: () => Promise<string>;
  readonly closed: Promise<unknown[]>;
}

/** Starts a server at any free port, and waits until it says where. */
export async function serve(
  t: ExecutionContext,
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Served> {
  const child = spawn(process.execPath, [program, 'serve', ...args, '--port', '0'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const errors = createInterface(child.stderr)[Symbol.asyncIterator]();
  const nextError = async () => (await errors.next()).value as string;
  for await (const line of createInterface(child.stdout)) {
    return { child, url: line.replace(/^.* at /, ''), line, nextError, closed };
  }
  throw new Error(await nextError());
}

export async function saveNet(folder: string, name: string, seed: number): Promise<NeuralNet> {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed }), name);
  net.addLayer(new FullyConnectedLayer(3, 2));
  await net.save(join(folder, `${name}.safetensors`));
  return net;
}

export const rows = [
  [1, 2, 3],
  [-1, 0.5, 0],
];

export async function ask(url: string, model: string, headers: Record<string, string> = {}) {
  const inputs = [{ name: 'input', shape: [2, 3], datatype: 'FP32', data: rows }];
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ inputs }),
  });
  const { outputs } = (await response.json()) as { outputs?: { data: number[] }[] };
  return { status: response.status, data: outputs?.[0]?.data };
}

export const expectedOf = (net: NeuralNet) => Array.from(net.inference(Tensor.from(rows)).data);
