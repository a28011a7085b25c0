import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { program } from '../support/command-line.js';

/** A server with two workers, which log what they answer. */
export class Served {
  readonly #errors: string[] = [];

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {
    createInterface(child.stderr!).on('line', (line) => this.#errors.push(line));
  }

  static async start(t: ExecutionContext, file: string): Promise<Served> {
    const args = [program, 'serve', file, '-n', 'm', '--workers', '2', '--log-level', 'info', '--port', '0'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new Served(child, line.replace(/^.* at /, ''));
  }

  /** Lines of the command itself. */
  get said(): readonly string[] {
    return this.#errors.filter((line) => line.startsWith('blasnet: '));
  }

  /** The processes that have answered requests so far. */
  get pids(): readonly number[] {
    const lines = this.#errors.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    return [...new Set(lines.filter(({ msg }) => msg === 'inference').map(({ pid }) => pid as number))];
  }

  async textOf(path: string): Promise<string> {
    return (await fetch(`${this.url}${path}`, { headers: { connection: 'close' } })).text();
  }

  async ask(): Promise<unknown> {
    const inputs = [{ name: 'input', shape: [1, 1], datatype: 'FP32', data: [3] }];
    const response = await fetch(`${this.url}/v2/models/m/infer`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify({ inputs }),
    });
    const { outputs } = (await response.json()) as {
      readonly outputs: readonly { readonly data: readonly number[] }[];
    };
    return outputs[0]!.data[0];
  }

  async answered(): Promise<number> {
    return Number(/^blasnet_requests_total\{.*\} (\d+)$/m.exec(await this.textOf('/metrics'))![1]);
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
