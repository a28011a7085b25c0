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
