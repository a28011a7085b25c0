import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

const { namesIn, nodeFunctions, nodeFunctionsSource } = (await import(
  pathToFileURL(resolve('scripts/prebuild/node-functions.mjs')).href
)) as {
  namesIn(text: string): string[];
  nodeFunctions(): string[];
  nodeFunctionsSource(names: readonly string[]): string;
};

test('names of a module definition file are those of Node-API', (t) => {
  t.deepEqual(namesIn('NAME NODE.EXE\r\nEXPORTS\r\nnapi_throw\r\nnode_api_symbol_for\r\n\r\n'), [
    'napi_throw',
    'node_api_symbol_for',
  ]);
});

test('all functions of Node-API are known, each once', (t) => {
  const names = nodeFunctions();
  t.is(new Set(names).size, names.length);
  for (const name of ['napi_create_double', 'napi_set_instance_data', 'napi_create_threadsafe_function']) {
    t.true(names.includes(name), name);
  }
});

test('each function jumps to its own place in the table, and tells its own number', (t) => {
  const source = nodeFunctionsSource(['napi_a', 'napi_b']);
  t.true(source.includes('FARPROC blasnet_node_functions[2];'));
  t.true(source.includes('napi_a:\\n  movl $0, %eax\\n  jmpq *blasnet_node_functions+0(%rip)'));
  t.true(source.includes('napi_b:\\n  movl $1, %eax\\n  jmpq *blasnet_node_functions+8(%rip)'));
  t.true(source.includes('"napi_a",\n    "napi_b",'));
});
