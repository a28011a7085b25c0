// How fast blasnet is, compared with others: tables on the terminal, bench/results/<date>.json and index.html. Every
// contender must compute the same before it is timed; trials take turns, a process for each. What is measured is written
// after every part, to <date>.partial.json until the end, and Ctrl-C prints the report of what there is. Exit code 1
// means wrong numbers or a failure, never a slow run.
// Usage: npm run bench -- [--only NAME[,NAME]] [--against CONTENDER[,CONTENDER]] [--quick] [--json], the last with
// npm run -s
//        npm run bench -- --floors [--set]
//   NAME is curve, house, mnist, wide, lenet, vgg, conv64, conv128 (training; `mnist adam` is one optimizer only),
//   inference (`inference vgg` is one net only), sequences (`sequences gru` is one net only), reach (time to 97 %), delay
//   (of the event loop), import (of blasnet), csv (a million rows), own (a layer of a user), serve (requests over HTTP), mpi
//   (two ranks; needs an MPI), products (of matrices, beside OpenBLAS and oneDNN) or sweep (cost against batch, width,
//   depth, threads)
//   --floors checks the speed of this build against bench/floors.json instead, and exits with 1 where a floor is missed;
//   with --set it writes that file from what it measures
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFloors } from './floors.js';
import { Logbook } from './logbook.js';
import { buildLoop, measureMachine, mendCoreType } from './machine.js';
import { isUsageError, type Options, readOptions } from './options.js';
import { parts } from './parts.js';
import { installRivals } from './rivals.js';
import { root } from './root.js';
import { callRoll, type Entrant } from './roster.js';
import { render } from './terminal.js';

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const results = join(root, 'bench/results');

/** Where time is short, each contender once; blasnet with its second thread. */
const isForQuick = ({ contender, threads, dtype }: Entrant) => {
  const [first] = contender.variants;
  const isFirst = first!.threads === threads && first!.dtype === dtype;
  return isFirst || (contender.family === 'blasnet' && dtype === 'float32');
};

/** Measures part after part; one that fails is reported, and the others go on. */
async function measure(options: Options): Promise<void> {
  const { only, against, quick, effort } = options;
  const loadBefore = loadavg()[0]!;
  installRivals(say);
  buildLoop();
  mendCoreType(say);
  const machine = measureMachine();
  const roster = await callRoll(say, ({ name, isForFullRuns }) => {
    if (name === 'blasnet') return true;
    return against ? against.includes(name) : !(quick && isForFullRuns);
  });
  const isNamed = ({ contender: { name } }: Entrant) => against?.includes(name);
  const entrants = roster.entrants.filter((entrant) => !quick || isForQuick(entrant) || isNamed(entrant));
  const logbook = new Logbook(results, machine, roster, options, loadBefore);
  const leaveOut = (line: string) => {
    say(line);
    logbook.leaveOut(line);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      logbook.fail(`ended by ${signal} before everything was measured`);
      print(logbook, options);
      await logbook.save();
      process.exit(1);
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const { name, budget } of only) {
    say(`${name} …`);
    const part = parts.find((candidate) => candidate.name === name)!;
    try {
      await logbook.add(await part.measure(entrants, { effort: { ...effort, budget }, folder, leaveOut }));
    } catch (error) {
      say(`${name} failed: ${error instanceof Error ? error.stack : error}`);
      logbook.fail(`${name} failed: ${error instanceof Error ? error.message : error}`);
    }
  }
  print(logbook, options);
  for (const name of await logbook.finish()) say(`wrote bench/results/${name}`);
  if (logbook.report().failures.length > 0) process.exitCode = 1;
}

function print(logbook: Logbook, { json }: Options): void {
  const report = logbook.report();
  console.log(json ? JSON.stringify(report, null, 2) : render(report));
}

try {
  const options = readOptions(process.argv.slice(2), parts);
  if (options.floors === undefined) await measure(options);
  else if (!(await checkFloors({ set: options.floors === 'set' }))) process.exitCode = 1;
} catch (error) {
  if (!isUsageError(error)) throw error;
  say(error.message);
  process.exitCode = 1;
}
