import { extname } from 'node:path';
import { NeuralNet } from './neural-net.js';

/** Whether a file is read as an ONNX model, by its name. */
export const isOnnx = (path: string) => extname(path).toLowerCase() === '.onnx';

/**
 * Loads a net from a model file, .onnx or safetensors.
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing, damaged, or no model
 */
export function loadModel(path: string): Promise<NeuralNet> {
  return isOnnx(path) ? NeuralNet.fromOnnx(path) : NeuralNet.load(path);
}
