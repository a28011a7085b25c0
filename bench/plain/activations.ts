import type { Workload } from '../workloads.js';
import type { Numbers } from './net.js';

/** z[count] ← activation(z) */
export function activate(kind: Workload['hidden'], z: Numbers, count: number): void {
  if (kind === 'relu') {
    for (let i = 0; i < count; i++) z[i] = z[i]! > 0 ? z[i]! : 0;
  } else if (kind === 'sigmoid') {
    for (let i = 0; i < count; i++) z[i] = 1 / (1 + Math.exp(-z[i]!));
  } else {
    for (let i = 0; i < count; i++) z[i] = Math.tanh(z[i]!);
  }
}

/** delta[count] ← delta · activation′, the derivative taken from the activation a */
export function activateBackward(kind: Workload['hidden'], a: Numbers, delta: Numbers, count: number): void {
  if (kind === 'relu') {
    for (let i = 0; i < count; i++) if (a[i]! <= 0) delta[i] = 0;
  } else if (kind === 'sigmoid') {
    for (let i = 0; i < count; i++) delta[i] = delta[i]! * a[i]! * (1 - a[i]!);
  } else {
    for (let i = 0; i < count; i++) delta[i] = delta[i]! * (1 - a[i]! * a[i]!);
  }
}

/** a[rows×columns] ← softmax of each row */
export function softmax(a: Numbers, rows: number, columns: number): void {
  for (let from = 0; from < rows * columns; from += columns) {
    let highest = a[from]!;
    for (let j = 1; j < columns; j++) if (a[from + j]! > highest) highest = a[from + j]!;
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      a[from + j] = Math.exp(a[from + j]! - highest);
      sum += a[from + j]!;
    }
    for (let j = 0; j < columns; j++) a[from + j] = a[from + j]! / sum;
  }
}

/** Loss per row of predictions a[count] for the targets at y[from…]: squared error, or cross-entropy after softmax. */
export function lossOf(last: Workload['last'], a: Numbers, y: Numbers, from: number, count: number, rows: number) {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const target = y[from + i]!;
    if (last !== 'softmax') sum += (a[i]! - target) ** 2 / 2;
    else if (target !== 0) sum -= target * Math.log(a[i]!);
  }
  return sum / rows;
}
