/** Lines of a table whose columns are as wide as their widest cell: the first flush left, numbers flush right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const isText = header.map((_, column) => rows.some((cells) => /^[^\d]/.test(cells[column] ?? '')));
  return lines.map((cells) =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return isText[column] || column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A number with three digits or more before or behind the point: 0.523, 18.1, 18080. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const before = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.min(3, Math.max(0, 3 - before)));
}
