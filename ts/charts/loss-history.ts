// @internal
import { callFirst } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { CheckpointRecord } from '../training-history.js';
import { type LossHistoryOptions, lossChart } from './loss-chart.js';
import { renderSvg, saveChart } from './render.js';

/**
 * Implements `net.showLossHistory`.
 * @param records - the checkpoints of the last `train`, if there was one
 * @param net - its name, and whether its accuracies are R²
 */
export async function drawLossHistory(
  records: readonly CheckpointRecord[] | undefined,
  { name, isR2 }: { readonly name: string; readonly isR2: () => boolean },
  options: LossHistoryOptions,
): Promise<string> {
  checkOptions(options, ['title', 'xCoordinate', 'accuracyTitle', 'lossScale', 'file']);
  if (!records) throw callFirst('train()', 'showLossHistory');
  const { file, ...chartOptions } = options;
  const accuracyTitle = isR2() ? { accuracyTitle: 'R² (1 is perfect)' } : {};
  const chart = lossChart(records, { title: name, ...accuracyTitle, ...definedFields(chartOptions) });
  if (file !== undefined) await saveChart(chart, file);
  return renderSvg(chart);
}
