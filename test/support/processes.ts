import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

interface ScriptOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which a process that hangs is ended; long, since the machine may have other work. */
  readonly timeout?: number;
  /** For node itself. */
  readonly flags?: readonly string[];
  readonly cwd?: string;
  /** For the standard input, which then ends. */
  readonly input?: string;
}

/** Runs a script of test/processes in a process of its own, or any other script by its path. */
export function runScript(
  script: string,
  args: readonly string[] = [],
  { env = {}, timeout = 1_200_000, flags = [], cwd = '.', input }: ScriptOptions = {},
): Promise<Ended> {
  const path = script.includes('/') ? script : `test/processes/${script}`;
  const inherited = { ...process.env };
  delete inherited.BLASNET_THREADS;
  const child = spawn(process.execPath, [...flags, path, ...args], {
    env: { ...inherited, ...env },
    timeout,
    cwd,
  });
  if (input !== undefined) child.stdin.end(input);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
}
