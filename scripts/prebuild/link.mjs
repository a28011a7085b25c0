// Links what is compiled for a target: what each system's linker has to be told.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, ScriptError } from '../lib/run.mjs';
import { writeAccelerate } from './accelerate.mjs';
import { nodeFunctions, nodeFunctionsSource } from './node-functions.mjs';
import { zig, zigEnvironment } from './zig.mjs';

/** Functions that Node looks for in an addon: the only ones that others see. */
const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

const systems = {
  linux: {
    options: ['-s', '-Wl,--gc-sections', '-pthread'],
    // Stays loaded when the worker thread ends that loaded it: its exit handler runs at the end of the process.
    addon: (_target, folder) => [`-Wl,--version-script=${writeVersionScript(folder)}`, '-Wl,-z,nodelete'],
  },
  win32: {
    options: ['-s', '-Wl,--gc-sections'],
    addon: (target, folder) => [compileNodeFunctions(target, folder)],
  },
  darwin: {
    options: ['-s', '-Wl,-dead_strip'],
    // Node-API's functions are those of the program that loads the addon, whatever its name.
    addon: () => ['-Wl,-undefined,dynamic_lookup', '-Wl,-install_name,@rpath/blasnet.node'],
  },
};

/** Name of the program with the native tests of a target. */
export const nativeTestsOf = ({ os }) => (os === 'win32' ? 'native_tests.exe' : 'native_tests');

/** Folders of headers that a target needs besides those of the libraries that are linked in. */
export function systemIncludes(target, folder) {
  return target.os === 'darwin' ? [writeAccelerate(folder).include] : [];
}

/** Links an addon, or a program, of objects and libraries. */
export function link(target, { folder, objects, libraries, file, isAddon }) {
  const { options, addon } = systems[target.os];
  const command = [
    zig(),
    'c++',
    '-target',
    target.zig,
    '-O3',
    ...options,
    ...(isAddon ? ['-shared', ...addon(target, folder)] : []),
  ];
  const frameworks =
    target.os === 'darwin' ? ['-F', writeAccelerate(folder).frameworks, '-framework', 'Accelerate'] : [];
  const [program, ...args] = [...command, ...objects, ...libraries, ...frameworks, '-o', file];
  run(program, args, { env: zigEnvironment, what: `linking ${file}` });
  if (!existsSync(file) || statSync(file).size === 0) throw new ScriptError(`linking ${file} made no file`);
}

/** Nothing but the addon's entry is seen, so that no other OpenBLAS or C++ runtime clashes with it. */
function writeVersionScript(folder) {
  const script = join(folder, 'exports.map');
  writeFileSync(script, `{ global: ${exported.join('; ')}; local: *; };\n`);
  return script;
}

function compileNodeFunctions(target, folder) {
  const source = join(folder, 'node-functions.cc');
  const object = `${source}.o`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(source, nodeFunctionsSource(nodeFunctions()));
  const options = ['-O2', '-g0', '-fno-sanitize=undefined', '-fvisibility=hidden'];
  run(zig(), ['c++', '-target', target.zig, ...options, '-c', source, '-o', object], {
    env: zigEnvironment,
    what: 'compiling the functions of Node-API',
  });
  return object;
}
