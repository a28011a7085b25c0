import type { lineChart } from 'blasnet/charts';

type Panel = ReturnType<typeof lineChart>;

/**
 * Draws a table of numbers in [0, 1] as coloured cells: the darker, the greater. Rows and columns have names, which may repeat.
 */
export function heatMap(
  values: readonly (readonly number[])[],
  names: { readonly rows: readonly string[]; readonly columns: readonly string[] },
  options: { readonly title: string; readonly x: string; readonly y: string; readonly size?: number },
): Panel {
  const { title, x, y, size = 22 } = options;
  const cells = values.flatMap((row, i) => row.map((value, j) => ({ row: i, column: j, value })));
  // Names are looked up by place: a word that occurs twice has two columns.
  const axis = (list: readonly string[], labelAngle: number) => ({
    labelExpr: `${JSON.stringify(list)}[datum.value]`,
    labelAngle,
    grid: false,
    domain: false,
    ticks: false,
  });
  return {
    width: size * names.columns.length,
    height: size * names.rows.length,
    title: { text: title },
    data: { values: cells },
    mark: { type: 'rect', stroke: 'white', strokeWidth: 1 },
    encoding: {
      x: { field: 'column', type: 'ordinal', title: x, axis: axis(names.columns, -45) },
      y: { field: 'row', type: 'ordinal', title: y, axis: axis(names.rows, 0) },
      color: {
        field: 'value',
        type: 'quantitative',
        title: 'Probability',
        scale: { scheme: 'blues', domain: [0, 1] },
        legend: { format: '~%', gradientLength: 150, tickCount: 3 },
      },
    },
  } as Panel;
}
