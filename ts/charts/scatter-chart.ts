import { shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import { lineChart } from './line-chart.js';
import { type AxisOptions, type PanelOptions, panelOptionNames, requireSome } from './panel.js';
import type { Panel } from './specification.js';

/** Options of `scatterChart`. */
export interface ScatterChartOptions extends PanelOptions {
  /** The title of both axes after "Real" and "Predicted": `price in $`. */
  readonly quantity: string;
  /** The scale of both axes; default `linear`. */
  readonly scale?: AxisOptions['scale'] | undefined;
  /** The format of both axes, in the notation of d3-format. */
  readonly format?: string | undefined;
}

/**
 * Draws predicted values against real ones, with the line on which both are equal.
 *
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for lists of different length, `ERR_BAD_ARGUMENT` for empty ones or an unknown
 *   option
 */
export function scatterChart(
  real: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: ScatterChartOptions,
): Panel {
  checkOptions(options, [...panelOptionNames, 'quantity', 'scale', 'format']);
  const { quantity, scale = 'linear', format, ...panelOptions } = options;
  requireSome('real', 'value', real);
  if (predicted.length !== real.length)
    throw shapeMismatch('predicted', `${real.length} values`, `${predicted.length}`);
  const points = Array.from(real, (value, index) => [value, predicted[index]!] as const);
  // On an axis of logarithms there is no place for a prediction of 0 or less.
  const shown = points.flat().filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0));
  const low = shown.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = shown.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const axis = { domain: [low, high], scale, ...(format === undefined ? {} : { format }) } as const;
  return lineChart(
    [
      { name: 'one row each', points, mark: 'points' },
      {
        name: 'perfect',
        points: [
          [low, low],
          [high, high],
        ],
      },
    ],
    {
      width: 300,
      height: 300,
      ...definedFields(panelOptions),
      x: { ...axis, title: `Real ${quantity}` },
      y: { ...axis, title: `Predicted ${quantity}` },
    },
  );
}
