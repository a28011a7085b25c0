// @internal
import { BlasnetError, badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Layer } from '../layers/index.js';
import { createLayer } from '../layers/index.js';
import type { QuantizedLayer } from '../layers/quantized-layer.js';
import { checkedConfigOf } from '../model-files/description.js';
import { type GraphOutput, type GraphParts, type GraphStep, type NamedLayer, uniqueLayers } from '../net/net-graph.js';
import { type AnyTensor, isFloats, sizeOf, type Tensor } from '../tensor/tensor.js';
import { namesWithin, withOpenBlocks } from './blocks.js';
import { quantizedLayer, reasonToStay } from './layers.js';
import { InputRange } from './ranges.js';
import { ErrorSums, type LayerQuantization, type QuantizationReport } from './report.js';
import { inputScaleFor } from './rounding.js';

/** Options of `net.quantize`. */
export interface QuantizeOptions {
  /**
   * Share of the numbers in front of a layer that bytes cover: 99.9 leaves out the 0.05 percent of the smallest and of the
   * largest ones, which then become the nearest limits. Default 100, all of them.
   */
  readonly percentile?: number | undefined;
  /** Names of layers that stay in float32. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether the rows are raw ones, as `predict` takes them; default false: scaled ones, as `inference` takes them. */
  readonly raw?: boolean | undefined;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedQuantizeOptions(options: QuantizeOptions, layers: readonly NamedLayer[]) {
  const layerNames = namesWithin(layers);
  checkOptions(options, ['percentile', 'exclude', 'raw']);
  const { percentile = 100, exclude = [], raw = false } = options;
  if (!(typeof percentile === 'number' && percentile > 50 && percentile <= 100)) {
    throw badArgument('percentile', 'a number above 50 and up to 100', percentile);
  }
  if (!Array.isArray(exclude)) throw badArgument('exclude', 'a list of names of layers', exclude);
  const unknown = exclude.find((name) => !layerNames.includes(name));
  if (unknown !== undefined) throw badArgument('exclude', `names of layers: ${layerNames.join(', ')}`, unknown);
  if (typeof raw !== 'boolean') throw badArgument('raw', 'true or false', raw);
  return { percentile, exclude, raw };
}

/** A net that computes the outputs of a graph, in their order. */
export type Compute = (inputs: readonly AnyTensor[]) => Promise<readonly Tensor[]>;

/** The net, its rows, and a way to compute with graphs of its layers. */
interface Setting {
  readonly parts: GraphParts;
  readonly inputs: readonly AnyTensor[];
  /** Row shapes of all values of the graph: inputs, then steps. */
  readonly rowShapes: readonly (readonly number[])[];
  /** Makes a net of a graph for the length of `use`. */
  withNet<Result>(parts: GraphParts, use: (compute: Compute) => Promise<Result>): Promise<Result>;
}

/** Numbers that are looked at at once. */
const chunkNumbers = 2 ** 22;

/**
 * Makes the graph of a net with int8 weights, and compares it with the float32 one.
 * @returns this graph, `parts`, and the float32 one with as many steps, `from`
 */
export async function quantizeGraph(
  given: Setting,
  { percentile, exclude }: { readonly percentile: number; readonly exclude: readonly string[] },
): Promise<{ readonly from: GraphParts; readonly parts: GraphParts; readonly report: QuantizationReport }> {
  const setting = { ...given, ...withOpenBlocks(given, exclude) };
  const { parts, inputs } = setting;
  requireFinite(parts, inputs);
  const layers = uniqueLayers(parts);
  const reasons = new Map(
    layers.map(({ name, layer }) => [layer, exclude.includes(name) ? 'excluded' : reasonToStay(layer)]),
  );
  const chosen = layers.filter(({ layer }) => reasons.get(layer) === undefined);
  if (chosen.length === 0) {
    throw badArgument('the net', 'a fully connected or convolution layer that can have int8 weights', 'another net');
  }
  const ranges = await rangesOf(
    setting,
    chosen.map(({ layer }) => layer),
    percentile,
  );
  const scales = new Map(
    [...ranges].map(([layer, [low, high]]) => [layer, { low, high, ...inputScaleFor(low, high) }]),
  );
  const makers = new Map(
    chosen.map(({ layer, name }) => {
      const { sources } = parts.steps.find((step) => step.layer === layer)!;
      return [layer, quantizedLayer(layer, name, scales.get(layer)!, setting.rowShapes[sources[0]!]!)] as const;
    }),
  );
  const { errors, outputs } = await errorsOf(setting, makers);
  const report = {
    rows: inputs[0]!.rows,
    layers: layers.map(({ name, layer }): LayerQuantization => {
      const reason = reasons.get(layer);
      const own = { name, kind: layer.kind, isQuantized: reason === undefined };
      return reason === undefined
        ? { ...own, input: scales.get(layer)!, error: errors.get(layer)!.error }
        : { ...own, reason };
    }),
    outputs: Object.fromEntries(parts.outputs.map(({ name }, i) => [name, outputs[i]!.error])),
  };
  return { from: parts, parts: withLayers(parts, copiesOf(parts, makers)), report };
}

function requireFinite({ inputs: ports }: GraphParts, inputs: readonly AnyTensor[]): void {
  if (inputs[0]!.rows === 0) throw badArgument('the calibration rows', 'at least one row', 'none');
  for (const [i, tensor] of inputs.entries()) {
    const bad = isFloats(tensor) ? tensor.data.findIndex((value) => !Number.isFinite(value)) : -1;
    if (bad < 0) continue;
    const row = Math.floor(bad / tensor.rowSize);
    const of = ports[i]!.name ? ` of '${ports[i]!.name}'` : '';
    const message = `Expected finite numbers in calibration row ${row}${of} but received ${tensor.data[bad]}`;
    throw new BlasnetError('ERR_NOT_FINITE', message);
  }
}

/** Copies of the layers with their weights; of those that have a maker, what it makes. */
function copiesOf(parts: GraphParts, makers: ReadonlyMap<Layer, () => QuantizedLayer> = new Map()): Map<Layer, Layer> {
  return new Map(
    uniqueLayers(parts).map((entry) => [
      entry.layer,
      makers.get(entry.layer)?.() ?? createLayer(checkedConfigOf(entry)),
    ]),
  );
}

/** Copies weights into layers that are in a net now, so that their shapes are known. */
function copyWeights(copies: ReadonlyMap<Layer, Layer>): void {
  for (const [layer, copy] of copies) {
    if (copy.isQuantized && !layer.isQuantized) continue;
    copy.allocateParameters();
    for (const [i, { value }] of copy.parameters.entries()) value.data.set(layer.parameters[i]!.value.data);
  }
}

function withLayers(parts: GraphParts, copies: ReadonlyMap<Layer, Layer>): GraphParts {
  return { ...parts, steps: parts.steps.map((step) => ({ ...step, layer: copies.get(step.layer)! })) };
}

/** Computes some rows at a time: all outputs of a graph together are that large. */
async function forEachChunk(
  { inputs }: Setting,
  compute: Compute,
  rowNumbers: number,
  use: (outputs: readonly Tensor[]) => void,
): Promise<void> {
  const { rows } = inputs[0]!;
  const some = Math.max(1, Math.floor(chunkNumbers / Math.max(1, rowNumbers)));
  for (let first = 0; first < rows; first += some) {
    use(await compute(inputs.map((tensor) => tensor.slice(first, Math.min(rows, first + some)) as AnyTensor)));
  }
}

/** The limits of the numbers in front of layers. */
async function rangesOf(
  setting: Setting,
  layers: readonly Layer[],
  percentile: number,
): Promise<Map<Layer, readonly [low: number, high: number]>> {
  const { parts, rowShapes } = setting;
  const steps = parts.steps.filter(({ layer }) => layers.includes(layer));
  const ranges = new Map(steps.map(({ layer, name }) => [layer, new InputRange(name)]));
  const values = [...new Set(steps.map(({ sources }) => sources[0]!))];
  const outputs: GraphOutput[] = values.map((value) => ({ name: `${value}`, value }));
  const copies = copiesOf(parts);
  await setting.withNet({ ...withLayers(parts, copies), outputs }, async (compute) => {
    copyWeights(copies);
    const numbers = values.reduce((sum, value) => sum + sizeOf(rowShapes[value]!), 0);
    const look = (see: (range: InputRange, numbers: Tensor['data']) => void) =>
      forEachChunk(setting, compute, numbers, (tensors) => {
        for (const { layer, sources } of steps) see(ranges.get(layer)!, tensors[values.indexOf(sources[0]!)]!.data);
      });
    await look((range, data) => range.add(data));
    if (percentile < 100) await look((range, data) => range.count(data));
  });
  return new Map([...ranges].map(([layer, range]) => [layer, range.limits(percentile)]));
}

/**
 * Runs three graphs as one: the float32 net, each int8 layer behind what the float32 net gives it, and the int8 net.
 * @returns what each layer loses, and what the net's outputs lose
 */
async function errorsOf(setting: Setting, makers: ReadonlyMap<Layer, () => QuantizedLayer>) {
  const { parts, rowShapes } = setting;
  const count = parts.inputs.length;
  const copies = copiesOf(parts);
  const made = new Map([...makers].map(([layer, make]) => [layer, make()]));
  const steps: GraphStep[] = withLayers(parts, copies).steps.map((step, i) => ({
    ...step,
    step: `quantize: float ${i}`,
  }));
  const pairs: { readonly layer: Layer; readonly values: readonly [exact: number, rounded: number] }[] = [];
  const add = (step: GraphStep) => count + steps.push(step) - 1;
  for (const [i, { layer, name, sources }] of parts.steps.entries()) {
    const own = made.get(layer);
    if (!own) continue;
    const rounded = add({ name: `quantize: ${name}`, step: `quantize: alone ${i}`, layer: own, sources });
    pairs.push({ layer, values: [count + i, rounded] });
  }
  const values = parts.inputs.map((_, i) => i);
  for (const [i, { layer, name, sources }] of parts.steps.entries()) {
    const own = made.get(layer);
    const step = { step: `quantize: int8 ${i}`, sources: sources.map((source) => values[source]!) };
    values.push(
      add(own ? { ...step, name: `quantize: ${name}`, layer: own } : { ...step, name, layer: copies.get(layer)! }),
    );
  }
  const compared = [
    ...pairs.map((pair) => pair.values),
    ...parts.outputs.map(({ value }) => [value, values[value]!] as const),
  ];
  const wanted = [...new Set(compared.flat())];
  const errors = new Map([...makers.keys()].map((layer) => [layer, new ErrorSums()]));
  const outputs = parts.outputs.map(() => new ErrorSums());
  const graph = { ...parts, steps, outputs: wanted.map((value) => ({ name: `${value}`, value })) };
  await setting.withNet(graph, async (compute) => {
    copyWeights(copies);
    const size = (value: number) => sizeOf(rowShapes[value]!);
    const numbers = 2 * compared.map(([exact]) => exact).reduce((sum, value) => sum + size(value), 0);
    await forEachChunk(setting, compute, numbers, (tensors) => {
      const numbersOf = (value: number) => tensors[wanted.indexOf(value)]!.data;
      for (const {
        layer,
        values: [exact, rounded],
      } of pairs) {
        errors.get(layer)!.add(numbersOf(exact), numbersOf(rounded));
      }
      for (const [i, { value }] of parts.outputs.entries()) {
        outputs[i]!.add(numbersOf(value), numbersOf(values[value]!));
      }
    });
  });
  return { errors, outputs };
}

/** Gives the layers of the int8 net the weights of those that stay. */
export function fillRest(from: GraphParts, to: GraphParts): void {
  copyWeights(new Map(from.steps.map(({ layer }, i) => [layer, to.steps[i]!.layer])));
}
