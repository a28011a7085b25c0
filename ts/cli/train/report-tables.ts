import type { ClassFigures, ClassReport } from './class-figures.js';

const mostClasses = 50;
const mostColumns = 20;
const longestName = 24;

/** Precision, recall, F1 and support of each class as a table; of many classes the means alone. */
export function classTable(
  perClass: ClassReport['perClass'],
  { macroAverage, weightedAverage }: Pick<ClassReport, 'macroAverage' | 'weightedAverage'>,
): string {
  const shown = perClass.length > mostClasses ? [] : perClass;
  const rows: [string, ClassFigures][] = shown.map((figures) => [figures.class, figures]);
  rows.push(['macro average', macroAverage], ['weighted average', weightedAverage]);
  return table([
    ['', 'precision', 'recall', 'f1', 'support'],
    ...rows.map(([name, { precision, recall, f1, support }]) => [
      name,
      ...[precision, recall, f1].map((figure) => figure.toFixed(4)),
      String(support),
    ]),
  ]);
}

/** Counts by real and predicted class as a table; a line where that would be too wide. */
export function confusionTable(counts: readonly (readonly number[])[], names: readonly string[]): string {
  if (names.length > mostColumns) return `confusion matrix of ${names.length} classes: --json prints it`;
  const rows = counts.map((row, i) => [names[i]!, ...row.map(String)]);
  return `confusion matrix (rows: real class, columns: predicted class)\n${table([['', ...names], ...rows])}`;
}

/** Cells in columns; the first is aligned to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) =>
    row.map((cell) => (cell.length > longestName ? `${cell.slice(0, longestName - 1)}…` : cell)),
  );
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  return lines.join('\n');
}
