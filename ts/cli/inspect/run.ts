import { stat } from 'node:fs/promises';
import { isOnnx } from '../../load-model.js';
import { print } from '../output.js';
import type { Inspection } from './inspection.js';
import { inspectOnnx } from './onnx.js';
import { inspectSafetensors } from './safetensors.js';
import { textOf } from './text.js';

/** Runs `blasnet inspect`: prints the contents of a model file. */
export async function runInspect(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const found = isOnnx(path) ? await inspectOnnx(path) : await inspectSafetensors(path);
  const inspection: Inspection = { file: path, bytes: (await stat(path)).size, ...found };
  await print(json ? `${JSON.stringify(inspection, null, 2)}\n` : textOf(inspection));
}
