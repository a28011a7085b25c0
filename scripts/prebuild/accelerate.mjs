// The BLAS of macOS, Accelerate, for a build on another system: a header with the two functions that blasnet calls, and
// a description of the library for the linker. The library itself is part of macOS.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const functions = ['cblas_sgemm', 'cblas_dgemm'];
const library = '/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate';

const header = `#pragma once
// The part of Accelerate's interface that blasnet uses, as in any cblas.h.
extern "C" {
enum CBLAS_ORDER { CblasRowMajor = 101, CblasColMajor = 102 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112, CblasConjTrans = 113 };
${[
  ['cblas_sgemm', 'float'],
  ['cblas_dgemm', 'double'],
]
  .map(
    ([
      name,
      type,
    ]) => `void ${name}(CBLAS_ORDER order, CBLAS_TRANSPOSE transA, CBLAS_TRANSPOSE transB, int m, int n, int k,
                 ${type} alpha, const ${type}* a, int lda, const ${type}* b, int ldb, ${type} beta, ${type}* c, int ldc);`,
  )
  .join('\n')}
}
`;

const description = `--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '${library}'
current-version: 4
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ ${functions.map((name) => `_${name}`).join(', ')} ]
...
`;

/** Writes both below a folder; returns where the compiler and the linker find them. */
export function writeAccelerate(folder) {
  const include = join(folder, 'accelerate/include');
  const frameworks = join(folder, 'accelerate/frameworks');
  mkdirSync(join(include, 'Accelerate'), { recursive: true });
  mkdirSync(join(frameworks, 'Accelerate.framework'), { recursive: true });
  writeFileSync(join(include, 'Accelerate/Accelerate.h'), header);
  writeFileSync(join(frameworks, 'Accelerate.framework/Accelerate.tbd'), description);
  return { include, frameworks };
}
