import type { Format } from '../format.js';
import { cifar } from './cifar.js';
import { csv } from './csv.js';
import { idx } from './idx.js';
import { load, resume } from './models.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { onnx } from './onnx.js';
import { safetensors } from './safetensors.js';

/** Every reader of files, by the name that `--only` takes. */
export const formats: Readonly<Record<string, Format>> = {
  npz,
  npy,
  idx,
  cifar,
  safetensors,
  load,
  resume,
  onnx,
  csv,
};
