import type { Family } from '../../bench/contender.js';
import type { Comparison, Report, Row } from '../../bench/report.js';
import { summarize } from '../../bench/statistics.js';

/** A row whose trials took so long. */
export const rowWith = (name: string, family: Family, ...values: number[]): Row => ({
  name,
  family,
  values,
  summary: summarize(values),
});

/** A comparison of made-up times. */
export const comparisonOf = (id: string, ...rows: Row[]): Comparison => ({ id, title: `Of ${id}`, unit: 'µs', rows });

/** A report around them. */
export function reportWith(parts: Partial<Report>): Report {
  return {
    date: '2026-01-02',
    machine: {
      cpu: 'CPU <of a kind>',
      cores: 4,
      node: 'v20.0.0',
      system: 'linux x64',
      blas: 'OpenBLAS',
      sgemmGflops: 100,
      sgemmGflopsAllCores: 350,
      copyGBs: 20,
    },
    versions: { blasnet: '1.2.3' },
    skipped: ['skipped rival: not there'],
    failures: [],
    runs: 7,
    quick: false,
    comparisons: [],
    sweeps: [],
    targets: [],
    load: { before: 0, after: 1.5 },
    seconds: 60,
    ...parts,
  };
}
