// How fast blasnet is, compared with others: tables on the terminal, bench/results/<date>.json and index.html. Every
// contender must compute the same before it is timed; trials take turns, a process for each. Exit code 1 means wrong
// numbers or a failure, never a slow run.
// Usage: npm run bench -- [--only NAME[,NAME]] [--against CONTENDER[,CONTENDER]] [--quick] [--json], the last with
// npm run -s
//   NAME is curve, house, mnist, wide, lenet, vgg, conv64, conv128 (training; `mnist adam` is one optimizer only),
//   inference (`inference vgg` is one net only), reach (time to 97 %), delay (of the event loop) or sweep (cost against
//   batch, width, depth, threads)
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { WrongNumbers } from './check.js';
import { buildLoop, measureMachine, mendCoreType } from './machine.js';
import { isUsageError, type Options, readOptions } from './options.js';
import { page } from './page.js';
import { parts } from './parts.js';
import type { Comparison, Report, Sweep } from './report.js';
import { installRivals } from './rivals.js';
import { root } from './root.js';
import { callRoll, type Entrant } from './roster.js';
import { judge } from './targets.js';
import { render } from './terminal.js';

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);

/** Where time is short, each contender once; blasnet with its second thread. */
const isForQuick = ({ contender, threads, dtype }: Entrant) => {
  const [first] = contender.variants;
  const isFirst = first!.threads === threads && first!.dtype === dtype;
  return isFirst || (contender.family === 'blasnet' && dtype === 'float32');
};

async function measure({ only, against, quick, effort }: Options): Promise<Report> {
  const started = performance.now();
  const before = loadavg()[0]!;
  installRivals(say);
  buildLoop();
  mendCoreType(say);
  const machine = measureMachine();
  const { entrants: all, skipped } = await callRoll(say);
  const isWanted = ({ contender: { name, family } }: Entrant) =>
    family === 'blasnet' || against?.includes(name) !== false;
  const entrants = all.filter((entrant) => isWanted(entrant) && (!quick || isForQuick(entrant)));
  const comparisons: Comparison[] = [];
  const sweeps: Sweep[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
  try {
    const leaveOut = (line: string) => {
      say(line);
      skipped.push(line);
    };
    for (const name of only) {
      say(`${name} …`);
      const part = parts.find((candidate) => candidate.name === name)!;
      const measured = await part.measure(entrants, { effort, folder, leaveOut });
      comparisons.push(...(measured.comparisons ?? []));
      sweeps.push(...(measured.sweeps ?? []));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine,
    versions: Object.fromEntries(entrants.map(({ name, version }) => [name, version])),
    skipped,
    runs: effort.runs,
    quick,
    comparisons,
    sweeps,
    targets: judge(comparisons),
    load: { before, after: loadavg()[0]! },
    seconds: (performance.now() - started) / 1000,
  };
}

async function save(report: Report): Promise<void> {
  const results = join(root, 'bench/results');
  await mkdir(results, { recursive: true });
  const files = { [`${report.date}.json`]: `${JSON.stringify(report, null, 2)}\n`, 'index.html': await page(report) };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(results, name), content);
    say(`wrote bench/results/${name}`);
  }
}

try {
  const options = readOptions(process.argv.slice(2), parts);
  const report = await measure(options);
  console.log(options.json ? JSON.stringify(report, null, 2) : render(report));
  await save(report);
} catch (error) {
  if (!(error instanceof WrongNumbers || isUsageError(error))) throw error;
  say(error.message);
  process.exitCode = 1;
}
