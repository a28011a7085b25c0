import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './files.js';

/** Two hosts: network namespaces of this machine that a virtual cable connects. */
export interface TwoHosts {
  /** The words in front of mpirun's own arguments, which start it on the first host. */
  readonly command: readonly [string, ...string[]];
  /** The arguments of mpirun for one rank on each host. */
  readonly flags: readonly string[];
  /** Pulls the cable. */
  readonly disconnect: () => void;
  /** The processes on the second host. */
  readonly processes: () => number[];
}

const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Makes two hosts, which are gone after the test; undefined, with a line that says so, where this machine permits none. */
export async function twoHosts(t: ExecutionContext): Promise<TwoHosts | undefined> {
  if (process.env.BLASNET_TEST_MPIEXEC !== undefined) {
    t.log('left out: agents and flags here are those of Open MPI');
    return undefined;
  }
  const [a, b] = ['a', 'b'].map((name) => `bn${process.pid % 100_000}${name}`) as [string, string];
  const drop = () => {
    for (const name of [a, b]) {
      try {
        for (const pid of pidsIn(name)) process.kill(pid, 'SIGKILL');
        ip('netns', 'del', name);
      } catch {
        // it was never made, or a process has ended meanwhile
      }
    }
  };
  t.teardown(drop);
  try {
    for (const name of [a, b]) ip('netns', 'add', name);
    ip('link', 'add', `${a}0`, 'netns', a, 'type', 'veth', 'peer', 'name', `${b}0`, 'netns', b);
    for (const [i, name] of [a, b].entries()) {
      ip('-n', name, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', `${name}0`);
      for (const link of ['lo', `${name}0`]) ip('-n', name, 'link', 'set', link, 'up');
    }
    execFileSync('unshare', ['--uts', 'true'], { stdio: 'ignore' });
  } catch (error) {
    drop();
    t.log(`left out: this machine permits no network namespaces (${`${error}`.split('\n')[0]})`);
    return undefined;
  }
  const agent = `${await temporaryFolder(t)}/enter`;
  const enter = `#!/bin/sh\n# HOST COMMAND…: runs the command on the second host, as ssh would\nshift\n`;
  await writeFile(agent, `${enter}exec ip netns exec ${b} unshare --uts sh -c "hostname ${b}; $*"\n`);
  await chmod(agent, 0o755);
  const net = '10.77.0.0/24';
  const mca = Object.entries({
    plm_rsh_agent: agent,
    btl: 'tcp,self',
    btl_tcp_if_include: net,
    oob_tcp_if_include: net,
  });
  return {
    command: ['ip', 'netns', 'exec', a, 'unshare', '--uts', 'sh', '-c', `hostname ${a}; exec mpirun "$@"`, 'mpirun'],
    flags: ['--host', '10.77.0.1:1,10.77.0.2:1', ...mca.flatMap(([name, value]) => ['--mca', name, value])],
    disconnect: () => ip('-n', b, 'link', 'set', `${b}0`, 'down'),
    processes: () => pidsIn(b),
  };
}

const pidsIn = (name: string) => ip('netns', 'pids', name).split('\n').filter(Boolean).map(Number);
