import type { TopLevelSpec } from 'vega-lite';
import { checkOptions } from '../fields.js';
import { type Panel, requireSome } from './panel.js';

export interface TrellisOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Panels in a row; by default all of them. */
  readonly columns?: number;
  /** One legend for all panels, for those whose series have the same names; by default each has its own. */
  readonly sharedLegend?: boolean;
}

/**
 * Panels side by side, row by row.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no panels, or an unknown option
 */
export function trellis(panels: readonly Panel[], options: TrellisOptions = {}): TopLevelSpec {
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

/** Below the title of the whole, that of a panel is smaller. */
function smallTitle(title: NonNullable<Panel['title']>) {
  const parameters = typeof title === 'object' && 'text' in title ? title : { text: title };
  return { ...parameters, fontSize: 13, offset: 6 };
}
