import type { Machine } from './machine.js';
import type { Summary } from './statistics.js';
import { table, threeDigits } from './table.js';

/** One line of the report. */
export interface Row {
  readonly title: string;
  /** Of each trial. */
  readonly values: readonly number[];
  readonly summary: Summary;
  /** Another row of the same section, and this one's times in terms of that one's. */
  readonly against?: { readonly name: string; readonly ratio: number; readonly ratioOfMinima: number };
  readonly target?: { readonly text: string; readonly met: boolean };
}

export interface Section {
  /** What was measured, with its unit. */
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Report {
  readonly machine: Machine;
  readonly sections: readonly Section[];
  /** Running processes, by the system's one-minute mean, before and after. */
  readonly load: { readonly before: number; readonly after: number };
}

const header = ['', 'trials', 'min', 'median', 'p99', 'ratio', 'of minima', 'against', 'target', ''];

/** The report as plain text. */
export function render({ machine, sections, load }: Report): string {
  const { cpu, cores, node, simd, blas, sgemmGflops, copyGBs } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${threeDigits(sgemmGflops)} GFLOPS and ${threeDigits(copyGBs)} GB/s by one thread`,
    `Node.js ${node}; blasnet with ${simd} and ${blas}`,
    `load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`,
  ];
  for (const { title, rows } of sections) lines.push('', title, ...table(header, rows.map(cellsOf)));
  return lines.join('\n');
}

function cellsOf({ title, summary, against, target }: Row): string[] {
  return [
    title,
    String(summary.count),
    threeDigits(summary.min),
    threeDigits(summary.median),
    threeDigits(summary.p99),
    against ? against.ratio.toFixed(2) : '',
    against ? against.ratioOfMinima.toFixed(2) : '',
    against?.name ?? '',
    target?.text ?? '',
    target ? (target.met ? 'met' : 'MISSED') : '',
  ];
}
