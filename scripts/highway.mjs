// Where Google Highway is and how to link it. Usage: node scripts/highway.mjs include|libs|defines
import { existsSync } from 'node:fs';
import { brewPrefix, pkgConfig, print } from './lib/pkg-config.mjs';
import { isMain } from './lib/root.mjs';

/** @returns {{ include: string[], libs: string[], defines: string[] }} */
export function findHighway() {
  return pkgConfig('libhwy') ?? inUsualFolders();
}

function inUsualFolders() {
  const prefixes = ['/usr', '/usr/local', brewPrefix('highway')].filter(Boolean);
  const prefix = prefixes.find((folder) => existsSync(`${folder}/include/hwy/highway.h`));
  if (!prefix || prefix === '/usr') return { include: [], libs: ['-lhwy'], defines: [] };
  return { include: [`${prefix}/include`], libs: [`-L${prefix}/lib`, '-lhwy'], defines: [] };
}

if (isMain(import.meta.url)) print(findHighway(), process.argv[2]);
