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

/** The name of the platform that this runs on, such as linux-x64-gnu. */
export function platformTarget() {
  const { platform, arch } = process;
  if (platform !== 'linux') return `${platform}-${arch}`;
  return `${platform}-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}
