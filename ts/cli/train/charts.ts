import { dirname, join, parse } from 'node:path';
import { BlasnetError } from '../../core/errors.js';
import type { NeuralNet, TrainingHistory } from '../../index.js';
import { say } from '../output.js';

/**
 * Returns the names of the loss chart's files.
 * @param folder - where the user wants them; undefined: beside the model; false: nowhere
 */
export function chartFiles(model: string, folder: string | false | undefined): readonly string[] {
  if (folder === false) return [];
  return ['svg', 'png'].map((extension) => join(folder ?? dirname(model), `${parse(model).name}-loss.${extension}`));
}

/**
 * Draws loss and accuracy, or R², of a run.
 * @param isAsked - whether the user asked for charts
 * @returns the names of the files that were written: none where the packages for charts are missing and nobody asked
 */
export async function saveCharts(
  { records }: TrainingHistory,
  { name, params }: NeuralNet,
  files: readonly string[],
  { isAsked }: { readonly isAsked: boolean },
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  try {
    const { lossChart, saveChart } = await import('../../charts/index.js');
    const accuracyTitle = params.netType === 'fitting' ? 'R²' : 'Accuracy';
    const chart = lossChart(records, { title: name, accuracyTitle });
    for (const file of files) await saveChart(chart, file);
    return files;
  } catch (error) {
    const isMissing = error instanceof BlasnetError && error.code === 'ERR_NATIVE_LOAD' && !isAsked;
    if (!isMissing) throw error;
    say(`no charts: ${error.message}`);
    return [];
  }
}
