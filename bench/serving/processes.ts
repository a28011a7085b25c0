import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult } from './load.js';
import type { ServerJob, Usage } from './server.js';

/** A server that runs in another process. */
export interface Server {
  readonly port: number;
  usage(): Promise<Usage>;
  /** Sends SIGTERM; resolves when the process has ended, to its exit code. */
  end(): Promise<number | null>;
}

export async function startServer(job: ServerJob): Promise<Server> {
  const child = forked('server.js', job);
  const port = await told<number>(child);
  return {
    port,
    usage() {
      child.send('usage');
      return told<Usage>(child);
    },
    async end() {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'exit') as Promise<[number | null]>;
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}

/** Puts a server under load. */
export function load(job: LoadJob): Promise<LoadResult> {
  return told<LoadResult>(forked('load.js', job));
}

/** A module of this folder in a process of its own, that ends with this one. */
function forked(module: string, job: object): ChildProcess {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), [JSON.stringify(job)]);
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/**
 * A process's next message.
 * @throws Error where it ends instead
 */
async function told<Message>(child: ChildProcess): Promise<Message> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, 'exit', { signal }).then(([code, by]) => {
    throw new Error(`Expected a message from ${child.spawnargs[1]} but it ended with ${code ?? by}`);
  });
  const message = once(child, 'message', { signal }) as Promise<[Message]>;
  try {
    return (await Promise.race([message, ended]))[0];
  } finally {
    waiting.abort();
    await Promise.allSettled([message, ended]);
  }
}
