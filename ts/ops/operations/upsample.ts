import type { Tape } from '../tape.js';
import { type UpsampleOptions, upsamplingOf } from '../upsampling.js';
import type { Value } from '../value.js';
import { geometryOf, imagesOf } from '../windows.js';

/**
 * Images of another size. 'nearest' takes pixel ⌊i · input / output⌋ of each axis (ONNX: asymmetric, floor). 'bilinear'
 * interpolates at (i + ½) · input / output − ½, and continues the edges (PyTorch: align_corners false; ONNX: half_pixel).
 * @param x - m × channels × height × width
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, `ERR_SHAPE_MISMATCH` for x of another rank
 */
export function upsample(tape: Tape, x: Value, options: UpsampleOptions): Value {
  const upsampling = upsamplingOf(options);
  const images = imagesOf('upsample', x);
  const [channels, height, width] = images;
  const [rows, columns] = upsampling.sizeOf(images);
  const geometry = geometryOf([height, width, rows, columns]);
  const kernel = `upsample_${upsampling.mode}`;
  return tape.operation(
    [x.shape[0]!, channels, rows, columns],
    [x],
    (y) => tape.run(`${kernel}_forward`, { x: x.tensor, y, geometry }),
    (dy) => tape.addOverwritten(x, (dx) => tape.run(`${kernel}_backward`, { dy, dx, geometry })),
  );
}
