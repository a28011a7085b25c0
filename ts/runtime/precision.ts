// @internal
/** The numbers that products multiply: those of the dtype, or the same rounded to bfloat16. Sums stay float32. */
export type Precision = (typeof precisions)[number];

export const precisions = ['float32', 'bfloat16'] as const;

const suffix = '_bfloat16';

/** The name of the kernel that computes what `kernel` does with factors of that precision. */
export function kernelOf(kernel: string, precision: Precision): string {
  return precision === 'bfloat16' ? `${kernel}${suffix}` : kernel;
}

/** The precision of a kernel's factors. */
export function precisionOf(kernel: string): Precision {
  return kernel.endsWith(suffix) ? 'bfloat16' : 'float32';
}

/** The name of the kernel that computes the same with factors in float32. */
export function plainKernel(kernel: string): string {
  return precisionOf(kernel) === 'bfloat16' ? kernel.slice(0, -suffix.length) : kernel;
}
