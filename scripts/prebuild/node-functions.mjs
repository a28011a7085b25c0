// Windows looks for each function of a DLL in a file of one name. node.exe is that of Node.js, but Electron, Bun or a
// renamed node.exe load the addon as well. So the addon looks for Node-API's functions itself, in the program that runs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Names of all functions of Node-API, from its list for Windows. */
export function nodeFunctions() {
  const folder = join(dirname(require.resolve('node-api-headers/package.json')), 'def');
  const names = ['js_native_api.def', 'node_api.def'].flatMap((file) =>
    namesIn(readFileSync(join(folder, file), 'utf8')),
  );
  return [...new Set(names)].sort();
}

/** Returns the names that a module definition file (.def) exports. */
export function namesIn(text) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(napi|node_api)_\w+$/.test(line));
}

/**
 * A C++ source that defines each function as a jump to the program's function of that name. The table is filled when the
 * addon is loaded. A function that the program lacks ends the process with its name, should it be called.
 * @param {readonly string[]} names
 */
export function nodeFunctionsSource(names) {
  const jump = (name, i) =>
    `".globl ${name}\\n${name}:\\n  movl $${i}, %eax\\n  jmpq *blasnet_node_functions+${8 * i}(%rip)\\n"`;
  return `// Made by scripts/prebuild/node-functions.mjs.
#include <windows.h>

#include <cstdio>
#include <cstdlib>

static const char* const kNames[] = {
${names.map((name) => `    "${name}",`).join('\n')}
};

extern "C" {
FARPROC blasnet_node_functions[${names.length}];

// Called with the number of a function in eax, which says nothing to the functions themselves.
__attribute__((used)) void blasnet_missing_function(unsigned number) {
  std::fprintf(stderr, "blasnet: Expected a program with %s of Node-API 9\\n", kNames[number]);
  std::abort();
}
void blasnet_call_missing();
}

__asm__(
    "blasnet_call_missing:\\n  movl %eax, %ecx\\n  subq $40, %rsp\\n  call blasnet_missing_function\\n"
    ${names.map(jump).join('\n    ')});

// Before any other code of the addon. A Node.js that is itself a DLL goes by the name that its builds give it.
__attribute__((constructor(101))) static void FindNodeFunctions() {
  const HMODULE library = GetModuleHandleA("libnode.dll");
  const HMODULE program = GetModuleHandleA(nullptr);
  for (unsigned i = 0; i < ${names.length}; ++i) {
    FARPROC found = library == nullptr ? nullptr : GetProcAddress(library, kNames[i]);
    if (found == nullptr) found = GetProcAddress(program, kNames[i]);
    blasnet_node_functions[i] = found != nullptr ? found : reinterpret_cast<FARPROC>(&blasnet_call_missing);
  }
}
`;
}
