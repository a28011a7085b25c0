// Where BLAS is and how to link it. Usage: node scripts/blas.mjs include|libs|defines
//   BLASNET_BLAS_LIBS     what to link instead, such as "-lmkl_rt" or "-L/opt/blis/lib -lblis"
//   BLASNET_BLAS_INCLUDE  folders of its cblas.h, separated as in PATH
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { brewPrefix, pkgConfig, print } from './lib/pkg-config.mjs';
import { isMain } from './lib/root.mjs';
import { tryRun } from './lib/run.mjs';

/** @returns {{ include: string[], libs: string[], defines: string[] }} */
export function findBlas(env = process.env) {
  const chosen = chosenByUser(env);
  if (chosen) return chosen;
  if (process.platform === 'darwin')
    return { include: [], libs: ['-Wl,-framework,Accelerate'], defines: ['BLASNET_ACCELERATE'] };
  return pkgConfig('openblas') ?? openblasInUsualFolders();
}

function chosenByUser(env) {
  const libs = (env.BLASNET_BLAS_LIBS ?? '').split(/\s+/).filter(Boolean);
  const include = (env.BLASNET_BLAS_INCLUDE ?? '').split(delimiter).filter(Boolean);
  if (libs.length === 0 && include.length === 0) return null;
  return { include, libs: libs.length > 0 ? libs : ['-lopenblas'], defines: [] };
}

function openblasInUsualFolders() {
  const prefix = brewPrefix('openblas');
  const triplet = tryRun('gcc', ['-print-multiarch']);
  const folders = [
    `/usr/include/${triplet}/openblas-pthread`,
    `/usr/include/${triplet}`,
    '/usr/include/openblas',
    '/usr/local/include/openblas',
    '/opt/OpenBLAS/include',
    `${prefix}/include`,
  ];
  const include = folders.filter((folder) => existsSync(`${folder}/cblas.h`)).slice(0, 1);
  const libraryFolders = ['/opt/OpenBLAS/lib', `${prefix}/lib`].filter((folder) => existsSync(folder));
  return { include, libs: [...libraryFolders.map((folder) => `-L${folder}`), '-lopenblas'], defines: [] };
}

if (isMain(import.meta.url)) print(findBlas(), process.argv[2]);
