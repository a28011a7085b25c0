import type { Numbers } from './net.js';

/** The three products of a fully connected layer, by loops that keep four numbers in registers; nothing is allocated. */

/** z[rows×outputs] ← bias + x · w[inputs×outputs], where x starts at `from`. Zeros of x, as of images, cost nothing. */
export function forward(
  x: Numbers,
  from: number,
  w: Numbers,
  bias: Numbers,
  z: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (let row = 0; row < rows; row++) {
    const zRow = row * outputs;
    for (let j = 0; j < outputs; j++) z[zRow + j] = bias[j]!;
    const xRow = from + row * inputs;
    let k = 0;
    for (; k + 3 < inputs; k += 4) {
      const a = x[xRow + k]!;
      const b = x[xRow + k + 1]!;
      const c = x[xRow + k + 2]!;
      const d = x[xRow + k + 3]!;
      if (a === 0 && b === 0 && c === 0 && d === 0) continue;
      const wa = k * outputs;
      const wb = wa + outputs;
      const wc = wb + outputs;
      const wd = wc + outputs;
      for (let j = 0; j < outputs; j++) {
        z[zRow + j] = z[zRow + j]! + (a * w[wa + j]! + b * w[wb + j]! + (c * w[wc + j]! + d * w[wd + j]!));
      }
    }
    for (; k < inputs; k++) {
      const a = x[xRow + k]!;
      const wa = k * outputs;
      for (let j = 0; j < outputs; j++) z[zRow + j] = z[zRow + j]! + a * w[wa + j]!;
    }
  }
}

/** dx[rows×inputs] ← dz[rows×outputs] · wᵀ */
export function inputDelta(dz: Numbers, w: Numbers, dx: Numbers, rows: number, inputs: number, outputs: number): void {
  for (let row = 0; row < rows; row++) {
    const zRow = row * outputs;
    const xRow = row * inputs;
    let k = 0;
    for (; k + 3 < inputs; k += 4) {
      const wa = k * outputs;
      const wb = wa + outputs;
      const wc = wb + outputs;
      const wd = wc + outputs;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let j = 0; j < outputs; j++) {
        const delta = dz[zRow + j]!;
        a += delta * w[wa + j]!;
        b += delta * w[wb + j]!;
        c += delta * w[wc + j]!;
        d += delta * w[wd + j]!;
      }
      dx[xRow + k] = a;
      dx[xRow + k + 1] = b;
      dx[xRow + k + 2] = c;
      dx[xRow + k + 3] = d;
    }
    for (; k < inputs; k++) {
      const wa = k * outputs;
      let a = 0;
      for (let j = 0; j < outputs; j++) a += dz[zRow + j]! * w[wa + j]!;
      dx[xRow + k] = a;
    }
  }
}

/** w[inputs×outputs] += scale · xᵀ · dz, and bias[outputs] += scale · Σ rows of dz */
export function addGradient(
  scale: number,
  x: Numbers,
  from: number,
  dz: Numbers,
  w: Numbers,
  bias: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < outputs; j++) bias[j] = bias[j]! + scale * dz[row * outputs + j]!;
  }
  for (let k = 0; k < inputs; k++) {
    const wRow = k * outputs;
    let row = 0;
    for (; row + 3 < rows; row += 4) {
      const at = from + row * inputs + k;
      const a = x[at]!;
      const b = x[at + inputs]!;
      const c = x[at + 2 * inputs]!;
      const d = x[at + 3 * inputs]!;
      if (a === 0 && b === 0 && c === 0 && d === 0) continue;
      const za = row * outputs;
      const zb = za + outputs;
      const zc = zb + outputs;
      const zd = zc + outputs;
      for (let j = 0; j < outputs; j++) {
        w[wRow + j] = w[wRow + j]! + scale * (a * dz[za + j]! + b * dz[zb + j]! + (c * dz[zc + j]! + d * dz[zd + j]!));
      }
    }
    for (; row < rows; row++) {
      const a = scale * x[from + row * inputs + k]!;
      const za = row * outputs;
      for (let j = 0; j < outputs; j++) w[wRow + j] = w[wRow + j]! + a * dz[za + j]!;
    }
  }
}
