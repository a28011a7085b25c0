// Counts the operator tests of ONNX that blasnet passes, refuses and gets wrong.
// Usage: node scripts/onnx-node-tests.mjs FOLDER [--list passed|refused|wrong|skipped] [--match TEXT]
// FOLDER is onnx/backend/test/data/node of the Python package onnx (up to 1.19, which holds the data). Tests whose inputs
// and outputs are not all tensors, or that have no output of floats, are skipped.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import protobuf from 'protobufjs';
import { BlasnetError, Tensor } from '../dist/index.js';
import { Budget } from '../dist/onnx/import/budget.js';
import { constantOf } from '../dist/onnx/import/constant.js';
import { fromBytes } from '../dist/onnx/import/from-onnx.js';
import { root } from './lib/root.mjs';
import { main, ScriptError } from './lib/run.mjs';

/** As ONNX's own test runner compares. */
const tolerance = { rtol: 1e-3, atol: 1e-5 };
const floats = new Set([1, 11]);
/** Tests whose reference contradicts ONNX's text: rows of length 0 stay 0 in LpNormalization, and are no NaN. */
const outdated = new Set(['test_l2normalization_axis_0']);
/**
 * SHA-256 of references that a later version has corrected: the pool over three dimensions counted what ceil_mode adds
 * beyond the padding. onnxruntime computes what the later one says.
 */
const corrected = new Set(['95e652b36f4fb061febab6f44d65d5d3afa5a4472cb4a54002106f3f58b2e6e4']);

const schema = protobuf.parse(readFileSync(join(root, 'third-party/onnx/onnx.proto'), 'utf8')).root.resolveAll();
const [Model, TensorProto] = ['onnx.ModelProto', 'onnx.TensorProto'].map((name) => schema.lookupType(name));

const budget = () => new Budget(2 ** 32, 'the test');
const elementType = ({ type }) => type?.tensorType?.elemType ?? 0;

function numbersOf(path) {
  const tensor = TensorProto.decode(readFileSync(path));
  return { tensor, ...constantOf(tensor, path, budget(), { mostIntegers: 2 ** 24 }) };
}

const hashOf = (path) => (existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : '');

/** Compares what a net gives with what ONNX's reference gives. */
function differs(actual, expected) {
  if (actual.length !== expected.length) return `${actual.length} numbers instead of ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= tolerance.atol + tolerance.rtol * Math.abs(b))) return `${a} instead of ${b} at ${i}`;
  }
  return undefined;
}

/** Makes inputs initializers, all but those that are kept. */
function frozen(model, values, kept) {
  const isKept = (i) => kept.includes(i);
  const { graph } = model;
  const initializer = values.flatMap(({ tensor }, i) =>
    isKept(i)
      ? []
      : [Object.assign(Object.create(Object.getPrototypeOf(tensor)), tensor, { name: graph.input[i].name })],
  );
  const changed = Object.assign(Object.create(Object.getPrototypeOf(graph)), graph, {
    input: graph.input.filter((_, i) => isKept(i)),
    initializer: [...graph.initializer, ...initializer],
  });
  return Object.assign(Object.create(Object.getPrototypeOf(model)), model, { graph: changed });
}

async function attempt(model, values, kept, expected, batched) {
  const bytes = Model.encode(frozen(model, values, kept)).finish();
  const net = await fromBytes(bytes, 'model.onnx', { batched }, budget());
  const shaped = (i) => {
    const { shape } = values[i];
    return Tensor.from(Float32Array.from(values[i].values), batched === false ? [1, ...shape] : shape);
  };
  const inputs = net.inputs.length === 1 ? shaped(kept[0]) : undefined;
  const byName =
    inputs ??
    Object.fromEntries(
      net.inputs.map(({ name }) => [name, shaped(kept.find((i) => model.graph.input[i].name === name) ?? -1)]),
    );
  const x = net.params.dtype === 'float64' ? clone(byName) : byName;
  const result = net.inference(x);
  const outputs = net.outputs.length === 1 ? [result] : net.outputs.map(({ name }) => result[name]);
  for (const [i, output] of outputs.entries()) {
    const found = differs(output.data, expected[i].values);
    if (found) return found;
    const shape = batched === false ? output.shape.slice(1) : output.shape;
    // A model of one row may drop the dimension of the rows, which the net keeps.
    const isOne = output.shape[0] === 1 && output.shape.slice(1).join() === expected[i].shape.join();
    if (shape.join() !== expected[i].shape.join() && !isOne)
      return `shape [${shape}] instead of [${expected[i].shape}]`;
  }
  return undefined;
}

const clone = (x) =>
  x instanceof Tensor
    ? x.clone('float64')
    : Object.fromEntries(Object.entries(x).map(([k, v]) => [k, v.clone('float64')]));

/** Runs a test in the ways that the import has; the first that is not refused counts. */
async function outcome(folder) {
  const model = Model.decode(readFileSync(join(folder, 'model.onnx')));
  const { graph } = model;
  const types = [...graph.input, ...graph.output].map(elementType);
  const isFloat = graph.output.every((output) => floats.has(elementType(output))) && graph.output.length > 0;
  if (!isFloat || types.includes(0) || !graph.input.some((input) => floats.has(elementType(input)))) return ['skipped'];
  const data = join(folder, 'test_data_set_0');
  if (graph.output.some((_, i) => corrected.has(hashOf(join(data, `output_${i}.pb`))))) return ['skipped'];
  let values, expected;
  try {
    values = graph.input.map((_, i) => numbersOf(join(data, `input_${i}.pb`)));
    expected = graph.output.map((_, i) => numbersOf(join(data, `output_${i}.pb`)));
  } catch (cause) {
    return ['refused', cause.message];
  }
  const free = graph.input.flatMap((input, i) => (floats.has(elementType(input)) ? [i] : []));
  const ways = [free, ...(free.length > 1 ? [free.slice(0, 1)] : [])].flatMap((kept) => [
    [kept, undefined],
    [kept, false],
  ]);
  let reason = '';
  for (const [kept, batched] of ways) {
    try {
      const found = await attempt(model, values, kept, expected, batched);
      return found
        ? ['wrong', found]
        : ['passed', batched === false ? 'batched: false' : 'as rows', kept.length === free.length];
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) return ['wrong', cause.stack];
      reason ||= cause.message;
      if (cause.code !== 'ERR_BAD_FILE') return ['wrong', cause.message];
    }
  }
  return ['refused', reason];
}

async function run() {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'string' }, match: { type: 'string', default: '' } },
  });
  const [folder] = positionals;
  if (!folder) throw new ScriptError('Usage: node scripts/onnx-node-tests.mjs FOLDER [--list OUTCOME] [--match TEXT]');
  const counts = { passed: 0, refused: 0, wrong: 0, skipped: 0 };
  const ways = { 'as rows': 0, 'batched: false': 0 };
  for (const name of readdirSync(folder).sort()) {
    if (!name.includes(options.match)) continue;
    const [kind, reason = ''] = outdated.has(name) ? ['skipped'] : await outcome(join(folder, name));
    counts[kind]++;
    if (kind === 'passed') ways[reason]++;
    if (options.list === kind || kind === 'wrong') console.log(`${kind} ${name}: ${reason}`);
  }
  const tests = counts.passed + counts.refused + counts.wrong;
  console.log(`${tests} tests of floats: ${counts.passed} passed, ${counts.refused} refused, ${counts.wrong} wrong`);
  console.log(
    `${ways['as rows']} of those passed have rows as first dimension, ${ways['batched: false']} with batched: false`,
  );
  console.log(`${counts.skipped} tests of other types, or whose reference is outdated, are left out`);
}

await main(run);
