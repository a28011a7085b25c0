import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { program } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { saveFactor, until } from '../support/serving.js';

/** A server with two workers, which log what they answer. */
class Served {
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

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('serve --workers › all answer; one that is killed is replaced; SIGHUP and SIGTERM are for all', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 6);
  await until(() => served.pids.length === 2);
  const [first, second] = served.pids as [number, number];
  t.false(served.pids.includes(served.child.pid!));
  const before = await served.answered();
  t.is(before, 4);

  process.kill(first, 'SIGKILL');
  await until(() => served.said.length === 1);
  t.deepEqual(served.said, [`blasnet: worker ${first} ended by signal SIGKILL; another one takes its place`]);
  await until(async () => (await served.textOf('/v2/health/ready')) === '{"ready":true}');
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 6);
  await until(() => served.pids.length === 3);
  // What the first one had counted is not forgotten.
  t.is(await served.answered(), before + 4);

  await saveFactor(file, 5);
  served.child.kill('SIGHUP');
  await until(() => served.said.includes('blasnet: models loaded again'));
  for (let i = 0; i < 4; i++) t.is(await served.ask(), 15);

  const third = served.pids.find((pid) => pid !== first && pid !== second)!;
  // To a terminal's processes signals go all at once.
  for (const pid of [second, third]) process.kill(pid, 'SIGINT');
  t.is(await served.ask(), 15);
  const ended = once(served.child, 'exit');
  served.child.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
  t.deepEqual([second, third].filter(isRunning), []);
});

test('serve --workers › workers end when the command is killed', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) await served.ask();
  await until(() => served.pids.length === 2);
  const { pids } = served;
  served.child.kill('SIGKILL');
  await until(() => !pids.some(isRunning));
  await t.throwsAsync(served.ask());
});

test('serve --workers › connections on the way to a worker that ends go to another', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 2);
  const served = await Served.start(t, file);
  for (let i = 0; i < 4; i++) await served.ask();
  await until(() => served.pids.length === 2);
  const [stopped] = served.pids as [number];
  process.kill(stopped, 'SIGSTOP');
  const { port, hostname } = new URL(served.url);
  const answers = Array.from({ length: 8 }, async () => {
    const socket = connect(Number(port), hostname);
    socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return text(socket).catch(() => '');
  });
  // Those of the worker that goes on are answered.
  let answered = 0;
  for (const answer of answers) void answer.then((whole) => whole.includes('200 OK') && answered++);
  await until(() => answered === 4);
  process.kill(stopped, 'SIGKILL');
  await Promise.all(answers);
  t.is(answered, 8);
});
