import type { TopLevelSpec } from 'vega-lite';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import { frame, type PanelOptions, panelOptionNames, requireSome } from './panel.js';
import type { Panel } from './specification.js';

/**
 * Counts rows by real class (rows of the matrix) and predicted class (columns).
 *
 * @param real class numbers from 0
 * @param predicted of the same rows
 * @param classes number of classes
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for lists of different length, `ERR_BAD_ARGUMENT` for another class
 */
export function confusionMatrix(real: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[][] {
  if (predicted.length !== real.length)
    throw shapeMismatch('predicted', `${real.length} classes`, `${predicted.length}`);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < real.length; i++) {
    const [row, column] = [real[i]!, predicted[i]!];
    if (counts[row]?.[column] === undefined) {
      throw badArgument('class', `a whole number from 0 to ${classes - 1}`, counts[row] ? column : row);
    }
    counts[row]![column]!++;
  }
  return counts;
}

/**
 * Draws the counts of `confusionMatrix` in coloured cells: the darker a cell, the greater its share of the real class.
 *
 * @param counts classes × classes
 * @param names of the classes, in their order
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for counts that are not names × names
 */
export function confusionChart(
  counts: readonly (readonly number[])[],
  names: readonly string[],
  options: PanelOptions = {},
): Panel {
  checkOptions(options, panelOptionNames);
  requireSome('names', 'class', names);
  if (counts.length !== names.length || counts.some((row) => row.length !== names.length)) {
    throw shapeMismatch('counts', `${names.length} × ${names.length}`, `${counts.length} rows`);
  }
  const cells = counts.flatMap((row, real) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      real: names[real]!,
      predicted: names[predicted]!,
      text: `${count.toLocaleString('en-US')}`,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const axis = { grid: false, labelAngle: 0, domain: false } as const;
  return {
    ...frame({ width: 100 * names.length, height: 80 * names.length, ...definedFields(options) }),
    data: { values: cells },
    encoding: {
      x: { field: 'predicted', type: 'nominal', title: 'Predicted', sort: null, axis },
      y: { field: 'real', type: 'nominal', title: 'Real', sort: null, axis },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: 'white', strokeWidth: 2 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            title: 'Share of the real class',
            scale: { scheme: 'blues', domain: [0, 1] },
            legend: { format: '~%', gradientLength: 150, tickCount: 3 },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 15 },
        encoding: {
          text: { field: 'text' },
          color: { condition: { test: 'datum.share > 0.6', value: 'white' }, value: '#333333' },
        },
      },
    ],
  } satisfies TopLevelSpec;
}
