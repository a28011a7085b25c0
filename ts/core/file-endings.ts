import { extname } from 'node:path';
import { BlasnetError, clipped } from './errors.js';

const onnx = 'net.exportOnnx writes ONNX, which other frameworks read';

/** Endings of other formats, and the call to use instead, where there is one. */
const advice: Readonly<Record<string, string>> = {
  '.safetensors': 'net.save writes it',
  '.onnx': 'net.exportOnnx writes it',
  '.npz': 'net.saveWeights writes a folder of npz files, writeNpz any arrays',
  '.npy': 'writeNpz writes arrays as npz',
  ...Object.fromEntries(
    ['.h5', '.hdf5', '.keras', '.pt', '.pth', '.pkl', '.pickle', '.joblib', '.tflite', '.mlmodel'].map((one) => [
      one,
      onnx,
    ]),
  ),
  ...Object.fromEntries(['.json', '.csv', '.txt', '.gguf', '.zip', '.gz'].map((one) => [one, ''])),
};

/**
 * Refuses a file name whose ending belongs to another format than the one that is written. Names with an unknown ending, or
 * with none, are taken.
 * @param argument - the name of the argument, for the message
 * @param ending - of the format: `.safetensors`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` with the call that writes the other format, if there is one
 */
export function requireEnding(argument: string, file: string, ending: '.safetensors' | '.onnx'): void {
  const found = extname(file).toLowerCase();
  if (found === ending || !Object.hasOwn(advice, found)) return;
  const hint = advice[found] ? ` (${advice[found]})` : '';
  throw new BlasnetError(
    'ERR_BAD_ARGUMENT',
    `Expected a name that ends in ${ending}, or in no other format, for ${argument} but received '${clipped(file, 200)}'${hint}`,
  );
}
