import { BlasnetError, badArgument, placed } from '../../core/errors.js';
import type { Fields } from '../../core/fields.js';
import { byName, type Preparation } from '../../data/preparation/preparation.js';
import { type Rows, rowType } from '../../data/rows.js';
import {
  createLayer,
  createLayers,
  embeddingSize,
  type HyperParameters,
  input,
  type Layer,
  type LayerConfig,
  NeuralNet,
  type Node,
} from '../../index.js';
import { takesOutputs, withSizes } from '../../layers/layer-sizes.js';
import { layerNameFor, reachedFrom } from '../../net/net-graph.js';
import type { ConfigLayer } from './settings.js';

/** The data that a net of a config must fit. */
export interface DataShape {
  /** The rows of each input by its name; '' where there is one without a name. */
  readonly inputs: Readonly<Record<string, Rows>>;
  readonly preparation: Preparation | undefined;
  /** Numbers of a label, encoded. */
  readonly outputs: number;
}

/** How configs call the only input of data without names, as `net.nodes` and ONNX models do. */
const onlyInput = 'input';

/**
 * A net of the layers of a config: a chain, or a graph if one of them has `inputs`.
 * @param output - the name of the layer that gives the net's output; default: the last one
 * @throws BlasnetError with the place of the layer in the list, and its name
 */
export function netOfLayers(
  params: HyperParameters,
  name: string,
  data: DataShape,
  layers: readonly ConfigLayer[],
  output?: string,
): NeuralNet {
  const only = data.inputs[''];
  const isChain = only && output === undefined && layers.every(({ config, inputs }) => config && !inputs);
  if (!isChain) return netOfGraph(params, name, data, layers, output);
  const entries = layers.map(({ name: own, config }) => ({ ...(own !== undefined && { name: own }), config: config! }));
  const net = new NeuralNet(params, name);
  const made = createLayers(entries, { input: only.rowShape, outputs: data.outputs });
  for (const [i, layer] of made.entries()) net.addLayer(layer, entries[i]!.name);
  return net;
}

function netOfGraph(
  params: HyperParameters,
  name: string,
  data: DataShape,
  layers: readonly ConfigLayer[],
  output: string | undefined,
): NeuralNet {
  const nodes = new Map<string, Node>();
  for (const [key, rows] of Object.entries(data.inputs)) {
    const isIndex = rowType(rows) === 'int32';
    const node = input(rows.rowShape, { ...(key !== '' && { name: key }), ...(isIndex && { dtype: 'int32' }) });
    nodes.set(key === '' ? onlyInput : key, node);
  }
  const inputs = [...nodes.values()];
  const made = new Map<string, Layer>();
  const steps: Node[] = [];
  const last = output === undefined ? layers.length - 1 : placeNamed(output, layers);
  const head = headOf(layers, last);
  for (const [i, entry] of layers.entries()) {
    steps.push(
      atLayer(entry, i, () => {
        const sources = sourcesOf(entry, nodes, steps.at(-1) ?? (inputs.length === 1 ? inputs[0] : undefined));
        const layer =
          entry.layer === undefined
            ? createLayer(sizedConfig(entry.config!, sources, data, i === head))
            : named('layer', entry.layer, made);
        const own = entry.name ?? layerNameFor(layer, made.size);
        if (nodes.has(own)) throw badArgument('name', 'a name that is not taken', own);
        const node = layer.apply(sources, own);
        nodes.set(own, node);
        made.set(own, layer);
        return node;
      }),
    );
  }
  const result = steps[last]!;
  const reached = reachedFrom([result]);
  for (const [i, entry] of layers.entries()) {
    if (reached.has(steps[i]!)) continue;
    const what = placeOf(entry, i);
    throw badArgument(what, 'a layer that the output depends on', 'another');
  }
  const unread = [...nodes].find(([, node]) => !reached.has(node));
  if (unread) throw badArgument("the layers' inputs", `one that is '${unread[0]}', an input of the data,`, 'none');
  return NeuralNet.fromGraph({ inputs, outputs: [result] }, params, name);
}

/** The nodes that a layer is applied to: those that it names, or the one above. */
function sourcesOf({ inputs }: ConfigLayer, nodes: ReadonlyMap<string, Node>, above: Node | undefined): Node[] {
  if (inputs) return inputs.map((name) => named('inputs', name, nodes));
  if (!above) throw badArgument('inputs', `names of inputs: ${[...nodes.keys()].join(', ')}`, 'none');
  return [above];
}

function named<Value>(what: string, name: string, known: ReadonlyMap<string, Value>): Value {
  const found = known.get(name);
  if (found === undefined) throw badArgument(what, `one of ${[...known.keys()].join(', ') || 'no names'}`, name);
  return found;
}

/** The place of the layer with the name of the output. */
function placeNamed(output: string, layers: readonly ConfigLayer[]): number {
  const places = new Map(layers.map(({ name }, i) => [name ?? '', i]));
  places.delete('');
  return named('outputs', output, places);
}

/**
 * The layer whose outputs may be left out: the last one that has them on the way to the net's output.
 * @param last - the layer that gives the output
 */
function headOf(layers: readonly ConfigLayer[], last: number): number {
  let i = last;
  while (i >= 0 && layers[i]!.config && !takesOutputs(layers[i]!.config)) {
    const { inputs } = layers[i]!;
    const next = inputs?.length === 1 ? layers.findIndex(({ name }) => name === inputs[0]) : -1;
    i = inputs === undefined ? i - 1 : Math.min(next, i - 1);
  }
  return i;
}

/** A config with the sizes that follow from the data. */
function sizedConfig(
  config: LayerConfig,
  sources: readonly Node[],
  { preparation, outputs }: DataShape,
  isHead: boolean,
): LayerConfig {
  const [source] = sources;
  const rowShape = sources.length === 1 ? source!.rowShape : undefined;
  const sized = withSizes(config, rowShape, isHead ? outputs : undefined);
  const isEmbedding = config.type === 'EmbeddingLayer' && preparation && source!.dtype === 'int32';
  const categories = isEmbedding ? byName(preparation).inputs[source!.name ?? '']?.columns?.[0]?.categories : undefined;
  if (!categories) return sized;
  // Row 0 is for names that no training row has.
  const sizes: Fields = { count: categories.length + 1, size: embeddingSize(categories.length) };
  return { ...sizes, ...sized };
}

const placeOf = ({ name }: ConfigLayer, i: number) => `layers[${i}]${name === undefined ? '' : ` ('${name}')`}`;

/** Calls `make`; errors name the layer. */
function atLayer<Result>(entry: ConfigLayer, i: number, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    throw cause instanceof BlasnetError ? placed(cause, placeOf(entry, i)) : cause;
  }
}
