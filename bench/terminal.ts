import { describe } from './machine.js';
import { isOfProduct, productTable } from './products/table.js';
import { type Comparison, type Report, rowOf, sorted } from './report.js';
import { isOfSequences, sequenceTable } from './sequences/table.js';
import { table, threeDigits } from './table.js';

/** Cells of a comparison's table, the fastest first. The same on the terminal and on the page. */
export function tableOf(comparison: Comparison): { header: string[]; rows: string[][] } {
  const { unit, flops } = comparison;
  const own = rowOf(comparison, 'blasnet');
  const hasNotes = comparison.rows.some(({ note }) => note);
  const header = ['', `median ${unit}`, 'p99', 'least', 'trials', '× blasnet', ...(flops ? ['GFLOP/s'] : [])];
  const rows = sorted(comparison).map(({ name, summary, note = '' }) => [
    name,
    threeDigits(summary.median),
    threeDigits(summary.p99),
    threeDigits(summary.min),
    String(summary.count),
    own ? threeDigits(summary.median / own.summary.median) : '',
    ...(flops ? [threeDigits(flops / summary.median / 1000)] : []), // operations a microsecond, by 1000
    ...(hasNotes ? [note] : []),
  ]);
  return { header: hasNotes ? [...header, ''] : header, rows };
}

/** A table of one sweep: a line for each size, a column for each entrant. */
export function sweepTable(points: Report['sweeps'][number]): { header: string[]; rows: string[][] } {
  const names = [...new Set(points.points.flatMap(({ comparison }) => comparison.rows.map(({ name }) => name)))];
  const rows = points.points.map(({ at, comparison }) => [
    String(at),
    ...names.map((name) => {
      const row = rowOf(comparison, name);
      return row ? threeDigits(row.summary.median) : '–';
    }),
  ]);
  return { header: [points.quantity, ...names], rows };
}

/** The report as plain text. */
export function render(report: Report): string {
  const lines = describe(report);
  for (const comparison of report.comparisons.filter((one) => !isOfSequences(one) && !isOfProduct(one))) {
    const { header, rows } = tableOf(comparison);
    lines.push('', comparison.title, ...table(header, rows));
  }
  const ofSequences = report.comparisons.filter(isOfSequences);
  if (ofSequences.length > 0) {
    const { header, rows, notes } = sequenceTable(ofSequences);
    lines.push('', 'Sequences, one thread', ...table(header, rows), ...notes);
  }
  const ofProducts = report.comparisons.filter(isOfProduct);
  if (ofProducts.length > 0) {
    const { header, rows } = productTable(ofProducts);
    lines.push('', 'Products of matrices', ...table(header, rows));
  }
  for (const sweep of report.sweeps) {
    const { header, rows } = sweepTable(sweep);
    lines.push('', sweep.title, ...table(header, rows));
  }
  if (report.targets.length > 0) {
    const rows = report.targets.map(({ text, value, met }) => [text, threeDigits(value), met ? 'met' : 'MISSED']);
    lines.push('', 'Targets', ...table(['', 'measured', ''], rows));
  }
  return lines.join('\n');
}
