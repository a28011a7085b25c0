import type { NativeMachine } from './native.js';

/** `48 KiB`, `2 MiB`; `unknown` for 0. */
function sizeOf(bytes: number): string {
  if (bytes === 0) return 'unknown';
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, 'KiB'] : [bytes / 2 ** 20, 'MiB'];
  return `${Math.round(size * 10) / 10} ${unit}`;
}

const sharedBy = (cpus: number) => (cpus > 1 ? ` shared by ${cpus} CPUs` : '');

/** Describes a machine in one line: its cores, caches, vectors and further instructions. */
export function describeMachine(machine: NativeMachine): string {
  const { cores, cpus, numaNodes, l1Bytes, l2Bytes, l3Bytes, l2SharedBy, l3SharedBy, vectorBits } = machine;
  const instructions = [
    machine.avx512Bf16 && 'AVX512-BF16',
    machine.vnni && 'VNNI',
    machine.amxBf16 && 'AMX-BF16',
    machine.amxInt8 && 'AMX-INT8',
  ].filter((name) => name !== false);
  return [
    `${cores} ${cores === 1 ? 'core' : 'cores'} with ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
    ...(numaNodes > 1 ? [`${numaNodes} NUMA nodes`] : []),
    `L1 ${sizeOf(l1Bytes)}`,
    `L2 ${sizeOf(l2Bytes)}${sharedBy(l2SharedBy)}`,
    `L3 ${sizeOf(l3Bytes)}${sharedBy(l3SharedBy)}`,
    `vectors of ${vectorBits} bits`,
    ...instructions,
  ].join(', ');
}

/** The sizes that kernels derive from the machine, in one line. */
export function describeRules({ nearBytes, partRows, largeFactor, cachedMatrix, tileProduct }: NativeMachine): string {
  return [
    `left factors up to ${sizeOf(nearBytes)} in one piece, larger ones by ${partRows} rows`,
    `few rows times up to ${sizeOf(largeFactor * 4)} by own kernels`,
    `one row times up to ${sizeOf(cachedMatrix)} by columns`,
    `tiles from ${tileProduct} multiplications on`,
  ].join('; ');
}
