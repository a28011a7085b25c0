// Fits the cost model of docs/mpi-scaling.md to a report of `npm run bench -- --only mpi`, prints its tables as Markdown and
// draws its curves. Usage: node build/dev/bench/mpi/scaling.js bench/results/<date>.json [folder for the curves]
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lineChart, saveChart, trellis } from 'blasnet/charts';
import type { Report } from '../report.js';
import { findWorkload, parameterCount } from '../workloads.js';
import { mpiRows, mpiWorkloads } from './compare.js';
import {
  efficiencyOfSameBatch,
  efficiencyOfSameRows,
  exchangeTime,
  type Link,
  linkOf,
  mostRanks,
  type NetCost,
} from './model.js';

const report: Report = JSON.parse(await readFile(process.argv[2]!, 'utf8'));
const folder = process.argv[3];
const counts = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

const rowsOf = (id: string) => report.comparisons.find((comparison) => comparison.id === id)?.rows ?? [];
// The least of the trials: other programs on the machine only ever add to a time.
const leastOf = (id: string, name: string) => rowsOf(id).find((row) => row.name === name)?.summary.min;

const sums = rowsOf('mpi exchange').flatMap(({ name, summary }): [number, number][] => {
  const numbers = /^sum over 2 ranks of (\d+) numbers/.exec(name)?.[1];
  return numbers === undefined ? [] : [[4 * Number(numbers), summary.min]];
});
const links: readonly Link[] = [
  linkOf('one machine (measured)', sums),
  { name: '10 Gbit/s Ethernet', latency: 30, byte: 1 / 1100 },
  { name: '100 Gbit/s InfiniBand', latency: 2, byte: 1 / 11_000 },
];
const nets = mpiWorkloads.flatMap((name): NetCost[] => {
  const workload = findWorkload(name);
  const step = leastOf(`mpi ${name}`, mpiRows.rank);
  return step === undefined ? [] : [{ name, step, batch: workload.batch, gradient: 4 * parameterCount(workload) }];
});

const percent = (share: number) => `${Math.round(100 * share)} %`;
const table = (...rows: (string | number)[][]) => {
  const lines = rows.map((row) => `| ${row.join(' | ')} |`);
  lines.splice(1, 0, `|${' --- |'.repeat(rows[0]!.length)}`);
  console.log(`${lines.join('\n')}\n`);
};

table(
  ['link', 'latency, µs', 'a megabyte, µs'],
  ...links.map(({ name, latency, byte }) => [name, latency.toFixed(1), (byte * 1e6).toFixed(0)]),
);
table(
  ['net', 'step of one rank, ms', 'gradient, MB', 'two ranks, measured', 'two ranks, model'],
  ...nets.map((net) => {
    const ranks = leastOf(`mpi ${net.name}`, mpiRows.ranks);
    const measured = ranks === undefined ? '–' : `${(net.step / ranks).toFixed(2)} ×`;
    const model = (2 * efficiencyOfSameBatch(net, links[0]!, 2)).toFixed(2);
    return [net.name, (net.step / 1000).toFixed(2), (net.gradient / 1e6).toFixed(2), measured, `${model} ×`];
  }),
);
for (const link of links.slice(1)) {
  for (const [title, efficiency, most] of [
    ['the batch is shared', efficiencyOfSameBatch, (net: NetCost) => net.batch],
    ['the batch grows with the ranks', efficiencyOfSameRows, () => 1000],
  ] as const) {
    console.log(`${link.name}, ${title}:\n`);
    table(
      ['net', ...counts.map(String), 'half or more up to'],
      ...nets.map((net) => {
        const possible = counts.filter((ranks) => ranks <= most(net));
        const figures = counts.map((ranks) => (ranks <= most(net) ? percent(efficiency(net, link, ranks)) : '–'));
        return [net.name, ...figures, mostRanks(possible, (ranks) => efficiency(net, link, ranks))];
      }),
    );
  }
}
if (folder !== undefined) {
  const axes = {
    x: { title: 'Ranks', scale: 'log', domain: [2, 1000] },
    y: { title: 'Efficiency', domain: [0, 1], format: '.0%' },
  } as const;
  const panel = (link: Link, title: string, efficiency: typeof efficiencyOfSameRows, most: (net: NetCost) => number) =>
    lineChart(
      nets.map((net) => ({
        name: net.name,
        points: counts
          .filter((ranks) => ranks <= most(net))
          .map((ranks) => [ranks, efficiency(net, link, ranks)] as const),
      })),
      { ...axes, title, subtitle: link.name },
    );
  const panels = links
    .slice(1)
    .flatMap((link) => [
      panel(link, 'The batch is shared', efficiencyOfSameBatch, (net) => net.batch),
      panel(link, 'The batch grows with the ranks', efficiencyOfSameRows, () => 1000),
    ]);
  await saveChart(trellis(panels, { columns: 2 }), join(folder, 'mpi-efficiency.svg'));
  const sizes = sums.map(([bytes]) => bytes).sort((a, b) => a - b);
  const fitted = lineChart(
    [
      { name: 'measured', mark: 'points', points: sums },
      { name: 'model', points: sizes.map((bytes) => [bytes, exchangeTime(links[0]!, 2, bytes)] as const) },
    ],
    {
      title: 'Sum of gradients over two ranks',
      x: { title: 'Bytes', scale: 'log', format: '~s' },
      y: { title: 'Microseconds', scale: 'log', format: '~s' },
    },
  );
  await saveChart(fitted, join(folder, 'mpi-exchange.svg'));
}
