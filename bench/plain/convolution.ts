import type { ConvolutionShape, LayerPart } from '../workloads.js';
import type { AdamState, Numbers } from './net.js';
import { addGradient, forward, inputDelta } from './products.js';

/** A convolution as a product for each image, over its windows; then relu and perhaps max pooling of 2×2. */
export class Convolution {
  readonly #shape: ConvolutionShape;
  /** rows × channels × height × width after pooling, and the loss by it. */
  readonly y: Numbers;
  readonly dy: Numbers;
  /** Weights[window×filters] and biases, with their gradients and moments. */
  readonly states: readonly AdamState[];
  /** For each number of the windows of an image: where it is there, or −1 in the padding. */
  readonly #taps: Int32Array;
  /** Of one image: positions×window, and positions×filters. */
  readonly #windows: Numbers;
  readonly #dWindows: Numbers;
  readonly #z: Numbers;
  /** Of all rows: where each number of y comes from in z of its image. */
  readonly #source: Int32Array;

  constructor(shape: ConvolutionShape, part: LayerPart, maxRows: number, Type: new (size: number) => Numbers) {
    const [filters, height, width] = shape.output;
    const size = maxRows * (shape.pools ? filters * (height >> 1) * (width >> 1) : filters * height * width);
    this.#shape = shape;
    this.y = new Type(size);
    this.dy = new Type(size);
    this.#source = new Int32Array(size);
    this.#taps = tapsOf(shape);
    this.#windows = new Type(height * width * part.inputs);
    this.#dWindows = new Type(height * width * part.inputs);
    this.#z = new Type(height * width * filters);
    this.states = [part.weights, part.bias].map((values) => {
      const theta = new Type(values.length);
      theta.set(values);
      return { theta, g: new Type(values.length), m: new Type(values.length), v: new Type(values.length) };
    });
  }

  /** y ← from rows of x */
  forward(x: Numbers, from: number, rows: number): void {
    const [filters, height, width] = this.#shape.output;
    const [w, b] = this.states;
    const inputs = w!.theta.length / filters;
    const imageSize = this.#shape.input.reduce((product, side) => product * side, 1);
    for (let row = 0; row < rows; row++) {
      this.#gather(x, from + row * imageSize);
      forward(this.#windows, 0, w!.theta, b!.theta, this.#z, height * width, inputs, filters);
      this.#reduce(row);
    }
  }

  /** Gradients ← of the mean over the rows, and dx, where it is given. Needs `forward` of the same rows. */
  backward(x: Numbers, from: number, dx: Numbers | undefined, rows: number): void {
    const [filters, height, width] = this.#shape.output;
    const [w, b] = this.states;
    const inputs = w!.theta.length / filters;
    const imageSize = this.#shape.input.reduce((product, side) => product * side, 1);
    const perRow = this.#rowSize;
    const taps = this.#taps;
    w!.g.fill(0);
    b!.g.fill(0);
    dx?.fill(0);
    for (let row = 0; row < rows; row++) {
      const dz = this.#z.fill(0);
      for (let i = row * perRow; i < (row + 1) * perRow; i++) {
        const source = this.#source[i]!;
        if (this.y[i]! > 0) dz[source] = dz[source]! + this.dy[i]!;
      }
      this.#gather(x, from + row * imageSize);
      addGradient(1 / rows, this.#windows, 0, dz, w!.g, b!.g, height * width, inputs, filters);
      if (!dx) continue;
      inputDelta(dz, w!.theta, this.#dWindows, height * width, inputs, filters);
      const image = row * imageSize;
      for (let at = 0; at < taps.length; at++) {
        if (taps[at]! >= 0) dx[image + taps[at]!] = dx[image + taps[at]!]! + this.#dWindows[at]!;
      }
    }
  }

  get #rowSize(): number {
    const { output, pools } = this.#shape;
    const [filters, height, width] = output;
    return pools ? filters * (height >> 1) * (width >> 1) : filters * height * width;
  }

  /** The windows of the image at that place. */
  #gather(x: Numbers, image: number): void {
    const windows = this.#windows;
    const taps = this.#taps;
    for (let at = 0; at < taps.length; at++) windows[at] = taps[at]! < 0 ? 0 : x[image + taps[at]!]!;
  }

  /** A row of y from z of its image: relu, and the greatest of four where there is pooling. */
  #reduce(row: number): void {
    const [filters, height, width] = this.#shape.output;
    const step = this.#shape.pools ? 2 : 1;
    let at = row * this.#rowSize;
    for (let filter = 0; filter < filters; filter++) {
      for (let top = 0; top + step <= height; top += step) {
        for (let left = 0; left + step <= width; left += step) {
          let best = (top * width + left) * filters + filter;
          for (let i = top; i < top + step; i++) {
            for (let j = left; j < left + step; j++) {
              const candidate = (i * width + j) * filters + filter;
              if (this.#z[candidate]! > this.#z[best]!) best = candidate;
            }
          }
          this.y[at] = Math.max(0, this.#z[best]!);
          this.#source[at++] = best;
        }
      }
    }
  }
}

function tapsOf({ input, output, kernelSize, padding }: ConvolutionShape): Int32Array {
  const [channels, height, width] = input;
  const taps: number[] = [];
  for (let top = -padding; top < output[1] - padding; top++) {
    for (let left = -padding; left < output[2] - padding; left++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let i = top; i < top + kernelSize; i++) {
          for (let j = left; j < left + kernelSize; j++) {
            const isInside = i >= 0 && i < height && j >= 0 && j < width;
            taps.push(isInside ? (channel * height + i) * width + j : -1);
          }
        }
      }
    }
  }
  return Int32Array.from(taps);
}
