// Each file of OpenBLAS for Windows includes windows.h, which takes five times as long to read as the file to compile.
// All but a few need only two functions of it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const whole = 'WHOLE_WINDOWS_H';

const header = `#ifdef ${whole}
#include_next <windows.h>
#elif !defined(LEAN_WINDOWS_H)
#define LEAN_WINDOWS_H
#include <malloc.h>
#define MAX_PATH 260
typedef const char* LPCTSTR;
typedef char* LPTSTR;
__declspec(dllimport) int __stdcall SwitchToThread(void);
__declspec(dllimport) unsigned long __stdcall GetEnvironmentVariableA(LPCTSTR name, LPTSTR value, unsigned long size);
#define GetEnvironmentVariable GetEnvironmentVariableA
#endif
`;

/** Lets the sources include a windows.h of a few lines; returns the compiler's option for it. */
export function useLeanHeader(sources) {
  const folder = join(sources, 'lean');
  mkdirSync(folder);
  writeFileSync(join(folder, 'windows.h'), header);
  // The files that allocate memory and detect the CPU.
  const others = join(sources, 'driver/others');
  for (const name of readdirSync(others).filter((file) => file.endsWith('.c'))) {
    const file = join(others, name);
    writeFileSync(file, `#define ${whole}\n${readFileSync(file, 'utf8')}`);
  }
  return `-I${folder}`;
}
