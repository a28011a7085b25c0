import { extname } from 'node:path';
import { BlasnetError } from '../../core/errors.js';
import { replaceFile, requireWritable } from '../../core/files.js';
import { loadModel } from '../../load-model.js';
import { print, UsageError } from '../output.js';
import { answerWriter, type Format } from './answers.js';
import { isJson } from './json-rows.js';
import { keptColumns } from './kept-columns.js';
import type { PredictFlags } from './options.js';
import { readRows } from './read-rows.js';

type Write = (text: string) => Promise<unknown>;

/** Runs `blasnet predict`: reads rows and writes answers, some thousand at a time. */
export async function runPredict(model: string, data: string, flags: PredictFlags): Promise<void> {
  if (flags.out !== undefined) await requireWritable(flags.out);
  const net = await loadModel(model);
  if (net.outputs.length > 1)
    throw new UsageError(`blasnet predict is for nets with one output, but '${model}' has ${net.outputs.length}`);
  const answers = answerWriter(flags.format ?? answerFormatOf(data, flags.out), net);
  const predictTo = async (write: Write) => {
    let rows = 0;
    for await (const { raw, rows: count, names, cells } of readRows(data, net, flags)) {
      const kept = keptColumns(flags.keep, names, cells, data);
      const prediction = await net.predict(raw);
      await write((rows === 0 ? answers.start(prediction, kept) : '') + answers.rows(prediction, kept));
      rows += count;
    }
    if (rows === 0) throw new BlasnetError('ERR_BAD_FILE', `Expected at least one row in '${data}' but received none`);
    await write(answers.end());
  };
  if (flags.out === undefined) await predictTo(print);
  else await writeWhole(flags.out, predictTo);
}

/** The format of answers where the user gives none. */
function answerFormatOf(data: string, out: string | undefined): Format {
  if (out !== undefined && /\.(json|csv)$/i.test(out)) return extname(out).slice(1).toLowerCase() as Format;
  return isJson(data) ? 'json' : 'csv';
}

/** Writes a file as a whole or not at all. */
async function writeWhole(path: string, make: (write: Write) => Promise<void>): Promise<void> {
  let failure: unknown;
  await replaceFile(path, (file) =>
    make((text) => file.write(text)).catch((error: unknown) => {
      failure = error;
      throw error;
    }),
  ).catch((error: unknown) => {
    // An error in the rows is not one of the file that is written.
    throw failure instanceof BlasnetError || failure instanceof UsageError ? failure : error;
  });
}
