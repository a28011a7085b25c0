/** Platforms for which there is a package `@blasnet/<target>`; ts/runtime/addon-errors.ts has the same list. */
export const targets = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'win32-x64',
  'darwin-arm64',
  'darwin-x64',
];

/** The target of a machine, such as linux-x64-gnu; by default of the one that this runs on. */
export function platformTarget({ platform = process.platform, arch = process.arch, isMusl = hasMusl() } = {}) {
  return platform === 'linux' ? `linux-${arch}-${isMusl ? 'musl' : 'gnu'}` : `${platform}-${arch}`;
}

/** Whether the C library is musl: Node.js reports the version of glibc where it runs on that. */
const hasMusl = () => process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
