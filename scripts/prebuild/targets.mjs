// The platforms that packages are built for, and how: one entry each.

/**
 * Kernels of OpenBLAS on x64; PRESCOTT (SSE3) is always among them, and serves CPUs that are older than Haswell (2013).
 * Those of ZEN and SAPPHIRERAPIDS are Haswell's and SkylakeX's in blocks of other sizes. COOPERLAKE is left out: it
 * differs from both for bfloat16 only.
 */
const x64Kernels = ['HASWELL', 'ZEN', 'SKYLAKEX', 'SAPPHIRERAPIDS'];
/** Without those of AVX-512, whose products are wrong when they are compiled for Windows (by zig 0.17.1, run by Wine). */
const windowsKernels = ['HASWELL', 'ZEN'];
/** Kernels on arm64; ARMV8 is always among them. From NEOVERSEV1 on they use SVE. */
const arm64Kernels = ['CORTEXA57', 'NEOVERSEN1', 'NEOVERSEV1', 'NEOVERSEN2'];

const openblasFor = {
  x64: { base: 'GENERIC', kernels: x64Kernels },
  arm64: { base: 'ARMV8', kernels: arm64Kernels },
};

/**
 * @typedef {object} Target
 * @property {string} os - npm's name of the system, as in process.platform
 * @property {string} cpu - npm's name of the processor, as in process.arch
 * @property {'glibc' | 'musl' | undefined} libc - on Linux
 * @property {string} zig - zig's name of the target, with the oldest version of the C library that is served
 * @property {string} system - what users call it
 * @property {{ base: string, kernels: readonly string[], kernelsOf?: string } | undefined} openblas - the CPU that
 *   OpenBLAS's common code is compiled for, the CPUs that it has kernels for, and the target that these are taken from,
 *   if any; undefined where the system has a BLAS
 * @property {readonly string[]} defines - further macros of the addon
 */

/** @type {Readonly<Record<string, Target>>} */
export const targets = {
  'linux-x64-gnu': linux('x64', 'glibc', 'x86_64-linux-gnu.2.17', 'Linux on x64 (glibc)'),
  'linux-x64-musl': linux('x64', 'musl', 'x86_64-linux-musl', 'Linux on x64 (musl, such as Alpine)'),
  'linux-arm64-gnu': linux('arm64', 'glibc', 'aarch64-linux-gnu.2.17', 'Linux on arm64 (glibc)'),
  'linux-arm64-musl': linux('arm64', 'musl', 'aarch64-linux-musl', 'Linux on arm64 (musl, such as Alpine)'),
  'win32-x64': {
    os: 'win32',
    cpu: 'x64',
    libc: undefined,
    zig: 'x86_64-windows-gnu',
    system: 'Windows 10 and later on x64',
    openblas: { ...openblasFor.x64, kernels: windowsKernels },
    defines: ['BLASNET_STATIC_OPENBLAS'],
  },
  'darwin-arm64': mac('arm64', 'aarch64-macos.13.3', 'macOS 13.3 and later on Apple silicon'),
  'darwin-x64': mac('x64', 'x86_64-macos.13.3', 'macOS 13.3 and later on Intel'),
};

/** @returns {Target} */
function linux(cpu, libc, zig, system) {
  const openblas = { ...openblasFor[cpu], ...(libc === 'musl' && { kernelsOf: `linux-${cpu}-gnu` }) };
  return { os: 'linux', cpu, libc, zig, system, openblas, defines: ['BLASNET_STATIC_OPENBLAS'] };
}

/** macOS brings a BLAS of its own, Accelerate. @returns {Target} */
function mac(cpu, zig, system) {
  return { os: 'darwin', cpu, libc: undefined, zig, system, openblas: undefined, defines: ['BLASNET_ACCELERATE'] };
}
