import { extname } from 'node:path';
import { requireWritable } from '../core/files.js';
import { loadModel } from '../load-model.js';
import { print, UsageError } from './output.js';

/** Runs `blasnet export`: reads a model and writes it in another format. */
export async function runExport(
  model: string,
  out: string,
  { npz = false }: { readonly npz?: boolean },
): Promise<void> {
  const extension = extname(out).toLowerCase();
  if (!npz && extension !== '.safetensors' && extension !== '.onnx') {
    throw new UsageError(`Expected a name that ends in .safetensors or .onnx, or --npz, but received '${out}'`);
  }
  if (!npz) await requireWritable(out);
  const net = await loadModel(model);
  if (npz) await net.saveWeights(out);
  else if (extension === '.onnx') await net.exportOnnx(out);
  else await net.save(out);
  await print(`${out}\n`);
}
