import { checkOptions } from '../core/fields.js';
import { requireSome } from './panel.js';
import type { ChartSpecification, Panel } from './specification.js';

/** Options of `trellis`. */
export interface TrellisOptions {
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
  /** Panels in a row; default: all of them. */
  readonly columns?: number | undefined;
  /** True: one legend for all panels, whose series have the same names. Default: each panel has its own. */
  readonly sharedLegend?: boolean | undefined;
}

/**
 * Arranges panels side by side, row by row.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no panels, or an unknown option
 */
export function trellis(panels: readonly Panel[], options: TrellisOptions = {}): ChartSpecification {
  requireSome('panels', 'panel', panels);
  checkOptions(options, ['title', 'subtitle', 'columns', 'sharedLegend']);
  const { title, subtitle, columns = panels.length, sharedLegend = false } = options;
  return {
    ...(title === undefined ? {} : { title: { text: title, ...(subtitle === undefined ? {} : { subtitle }) } }),
    columns,
    spacing: 28,
    resolve: { scale: { color: sharedLegend ? 'shared' : 'independent' } },
    concat: panels.map((panel) => ({ ...panel, ...(panel.title ? { title: smallTitle(panel.title) } : {}) })),
  };
}

/** Makes a panel's title smaller than that of the whole. */
function smallTitle(title: unknown) {
  const parameters = typeof title === 'object' ? title : { text: title };
  return { ...parameters, fontSize: 13, offset: 6 };
}
