/** Grey values from 0 (paper) to 1 (ink), row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** The part of a side that a digit of MNIST fills: 20 of 28 pixels. */
const boxShare = 20 / 28;

/**
 * A drawing as MNIST has its digits: scaled to fit a box of 20 × 20 in 28 × 28 pixels, in proportion, by area averages,
 * and moved so that its centre of mass is the centre. Undefined where nothing is drawn.
 */
export function likeMnist(drawing: Picture, height: number, width: number): Float64Array | undefined {
  const extent = extentOf(drawing);
  if (!extent) return undefined;
  const scale = Math.min((height * boxShare) / extent.height, (width * boxShare) / extent.width);
  const picture = new Float64Array(height * width);
  const across = Array.from({ length: drawing.width }, (_, x) => shares(x, extent.x, scale, width));
  for (let y = 0; y < drawing.height; y++) {
    const down = shares(y, extent.y, scale, height);
    for (let x = 0; x < drawing.width; x++) {
      const ink = drawing.data[y * drawing.width + x]!;
      if (ink === 0) continue;
      for (const [row, part] of down) {
        for (const [column, share] of across[x]!) picture[row * width + column]! += ink * part * share;
      }
    }
  }
  return picture;
}

/** Size of the smallest box around the ink, and the ink's centre of mass. */
function extentOf({ width, height, data }: Picture) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = data[y * width + x]!;
      if (ink === 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      mass += ink;
      massX += ink * (x + 0.5);
      massY += ink * (y + 0.5);
    }
  }
  if (mass === 0) return undefined;
  return { width: right - left + 1, height: bottom - top + 1, x: massX / mass, y: massY / mass };
}

/** Which of `size` pixels the pixel from `at` to `at + 1` falls on, scaled about `centre`, and with which lengths. */
function shares(at: number, centre: number, scale: number, size: number): [pixel: number, length: number][] {
  const from = (at - centre) * scale + size / 2;
  const to = from + scale;
  const found: [number, number][] = [];
  for (let pixel = Math.max(0, Math.floor(from)); pixel < Math.min(size, to); pixel++) {
    found.push([pixel, Math.min(to, pixel + 1) - Math.max(from, pixel)]);
  }
  return found;
}
