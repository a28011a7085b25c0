import { join } from 'node:path';
import { BlasnetError } from '../../errors.js';
import type { NeuralNet, TrainingHistory } from '../../index.js';
import { say } from '../output.js';

/**
 * Draws loss and accuracy of a run, as SVG and PNG.
 * @param folder - where the user wants them; undefined: beside the model
 * @returns the files' names; none, with a line for people, where the packages for charts are missing and nobody asked
 */
export async function saveCharts(
  { records }: TrainingHistory,
  { name, params }: NeuralNet,
  folder: string | undefined,
  model: { readonly folder: string; readonly base: string },
): Promise<readonly string[]> {
  const files = ['svg', 'png'].map((extension) => join(folder ?? model.folder, `${model.base}-loss.${extension}`));
  try {
    const { lossChart, saveChart } = await import('../../charts/index.js');
    const accuracyTitle = params.netType === 'fitting' ? 'R²' : 'Accuracy';
    const chart = lossChart(records, { title: name, accuracyTitle });
    for (const file of files) await saveChart(chart, file);
    return files;
  } catch (error) {
    const isMissing = error instanceof BlasnetError && error.code === 'ERR_NATIVE_LOAD' && folder === undefined;
    if (!isMissing) throw error;
    say(`no charts: ${error.message}`);
    return [];
  }
}
