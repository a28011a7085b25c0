// Leaves of OpenBLAS only the products of real matrices: the addon calls nothing else of it. A library that chooses its
// kernels when it is loaded has a table of all of them for each CPU, so that a linker cannot tell which are needless: five
// of six files, and most of the bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The functions that are kept, for the record of how a library was made. */
export const kept = 'gemm';

/** Names of the objects that are kept, by the makefile that lists them; `type` is s for float, d for double. */
const makefiles = {
  'interface/Makefile': (type) => [`cblas_${type}gemm.%`],
  'driver/level3/Makefile': (type) => [`${type}gemm_%`],
  // The tables themselves stand in the list of float kernels.
  'kernel/Makefile': (type) => [`${type}gemm_%`, ...(type === 's' ? ['setparam%'] : [])],
};

/** The source of the tables without entries for needless kernels: those are null. */
export function productsInTable(text) {
  return text.replace(/\b(i?[sd]\w*)TS\b(?=\s*,)/g, (entry, name) => (/^[sd]gemm_/.test(name) ? entry : 'NULL'));
}

/** A makefile of OpenBLAS, by which only the objects of products are compiled. */
export function productsInMakefile(text, names) {
  const lists = ['s', 'd'].map((type) => {
    const list = `${type.toUpperCase()}BLASOBJS`;
    return `${list} := $(filter ${names(type).join(' ')},$(${list}))`;
  });
  const others = ['SBEXT', 'SBBLAS', 'CBLAS', 'ZBLAS', 'CBAUX'].map((list) => `${list}OBJS :=`);
  return text.replace(/^include .*Makefile\.tail$/m, (rules) => [...lists, ...others, '', rules].join('\n'));
}

/** Changes a copy of OpenBLAS's sources so that it is built with products only. */
export function keepProducts(sources) {
  const change = (path, to) => {
    const text = readFileSync(join(sources, path), 'utf8');
    writeFileSync(join(sources, path), to(text));
  };
  change('kernel/setparam-ref.c', productsInTable);
  for (const [path, names] of Object.entries(makefiles)) change(path, (text) => productsInMakefile(text, names));
  // Of a matrix and a vector.
  change('Makefile', (text) => text.replace('interface driver/level2 driver/level3', 'interface driver/level3'));
}
