import { BlasnetError, badArgument, clipped, shapeMismatch } from '../core/errors.js';
import { requireLayerName } from '../core/files.js';
import type { NumberRange } from '../core/ranges.js';
import { type InputType, Node, type RowShape } from '../graph/node.js';
import { Layer } from '../layers/layer.js';

/** A layer under its name. */
export interface NamedLayer {
  readonly name: string;
  readonly layer: Layer;
}

/** An input of a net. */
export interface GraphInput {
  /** '' where the net has one input, which needs none. */
  readonly name: string;
  /** The shape given to `input`, which rows must have; undefined in a chain, whose layers define it. */
  readonly rowShape: RowShape | undefined;
  readonly dtype: InputType;
  /** Of an int32 input: the least and the greatest number that its layers take; absent where any will do. */
  readonly range?: NumberRange | undefined;
}

/** A layer that is applied to values of the graph, which are counted: first the inputs, then the steps' results. */
export interface GraphStep extends NamedLayer {
  /** Of the result: the layer's name, unless the layer is applied several times. */
  readonly step: string;
  readonly sources: readonly number[];
}

/** A value of the graph that is a result of the net. */
export interface GraphOutput {
  readonly name: string;
  readonly value: number;
}

/** The structure of a net. */
export interface GraphParts {
  /** Row shapes of the inputs that the layers' sizes were inferred from, where `inputs` do not tell. */
  readonly seen?: readonly RowShape[] | undefined;
  readonly inputs: readonly GraphInput[];
  readonly steps: readonly GraphStep[];
  readonly outputs: readonly GraphOutput[];
}

/** The inputs of the graph, and its outputs: what `NeuralNet.fromGraph` takes. */
export interface GraphNodes {
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
}

/** The name of a layer that was given none: its kind and position. */
export function layerNameFor(layer: Layer, position: number): string {
  return `${layer.kind.replaceAll(' ', '-')}-${position + 1}`;
}

/**
 * Puts the nodes between inputs and outputs in order, and names them.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for inputs that no output depends on, others that are missing, and names that
 *   are used twice
 */
export function partsOf({ inputs, outputs }: GraphNodes): GraphParts {
  for (const [what, nodes] of Object.entries({ inputs, outputs })) {
    if (!Array.isArray(nodes) || nodes.length === 0 || nodes.some((node) => !(node instanceof Node))) {
      throw badArgument(what, 'a list of nodes, as input() and layer.apply() make them', nodes);
    }
    const twice = nodes.find((node, i) => nodes.indexOf(node) !== i);
    if (twice) throw badArgument(what, 'each node once', `${nameOf(twice)} twice`);
  }
  const wrong = inputs.find((node) => node.layer);
  if (wrong) throw badArgument('inputs', 'nodes that input() made', nameOf(wrong));
  const reached = [...reachedFrom(outputs)].sort((a, b) => a.number - b.number);
  for (const node of inputs) {
    if (!reached.includes(node)) throw badArgument('inputs', 'nodes that an output depends on', nameOf(node));
  }
  const missing = reached.find((node) => !node.layer && !inputs.includes(node));
  if (missing) throw badArgument('inputs', 'every input that an output depends on', `none for ${nameOf(missing)}`);
  if (inputs.length > 1) {
    const nameless = inputs.findIndex(({ name }) => name === undefined);
    if (nameless >= 0) throw badArgument(`inputs[${nameless}]`, 'a name, since the net has several inputs', 'none');
  }
  const computed = reached.filter((node) => node.layer);
  const values = new Map([...inputs, ...computed].map((node, i) => [node, i]));
  const steps = stepsOf(computed, values);
  const names = [...inputs.map(({ name = '' }) => name), ...steps.map(({ step }) => step)];
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw badArgument('the nodes of the net', 'names that differ', `'${repeated}' twice`);
  return {
    inputs: inputs.map(({ name = '', rowShape, dtype }) => ({ name, rowShape, dtype })),
    steps,
    outputs: outputs.map((node) => ({ name: names[values.get(node)!]!, value: values.get(node)! })),
  };
}

/** The layers one behind the other. */
export function chainOf(layers: readonly NamedLayer[]): GraphParts {
  return {
    inputs: [{ name: '', rowShape: undefined, dtype: layers[0]?.layer.inputType(0) ?? 'float32' }],
    steps: layers.map(({ name, layer }, i) => ({ name, layer, step: name, sources: [i] })),
    outputs: layers.length === 0 ? [] : [{ name: layers.at(-1)!.name, value: layers.length }],
  };
}

/** Row shapes of the inputs, given or seen; undefined if one of them is not known. */
export function knownShapes({ inputs, seen }: GraphParts): readonly RowShape[] | undefined {
  const shapes = inputs.map(({ rowShape }, i) => rowShape ?? seen?.[i]);
  return shapes.every((shape) => shape !== undefined) ? shapes : undefined;
}

/** The layers of a graph in the order in which they are first applied. */
export function uniqueLayers({ steps }: Pick<GraphParts, 'steps'>): readonly NamedLayer[] {
  const seen = new Set<Layer>();
  return steps.filter(({ layer }) => !seen.has(layer) && seen.add(layer));
}

/** The nodes that outputs are computed from, these included. */
export function reachedFrom(outputs: readonly Node[]): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const open = [...outputs];
  for (let node = open.pop(); node; node = open.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    open.push(...node.inputs);
  }
  return reached;
}

/** The steps of nodes in order. A layer is named after its first node. */
function stepsOf(nodes: readonly Node[], values: ReadonlyMap<Node, number>): GraphStep[] {
  const layers = new Map<Layer, { name: string; times: number }>();
  return nodes.map((node) => {
    const layer = node.layer as Layer;
    const known = layers.get(layer);
    const name = known?.name ?? node.name ?? layerNameFor(layer, layers.size);
    const times = (known?.times ?? 0) + 1;
    layers.set(layer, { name, times });
    const step = node.name ?? (times === 1 ? name : `${name} (${times})`);
    return { name, step, layer, sources: node.inputs.map((source) => values.get(source)!) };
  });
}

const nameOf = ({ name, layer }: Node) =>
  name === undefined ? (layer ? `the output of ${layer.kind}` : 'an input without a name') : `'${clipped(name, 60)}'`;

/**
 * Checks parts of any origin, such as a file.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a step that takes what is computed after it
 */
export function requireOrder({ inputs, steps, outputs }: GraphParts): void {
  for (const [i, { step, layer, sources }] of steps.entries()) {
    requireLayerName(step);
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    const isSecond = steps.findIndex((other) => other.layer === layer) < i;
    if (isSecond && !layer.isRecordable) {
      throw badArgument(`layer '${clipped(step, 60)}'`, 'a layer in plain TypeScript that is applied once', 'twice');
    }
    const known = inputs.length + i;
    const later = sources.find((source) => !Number.isInteger(source) || source < 0 || source >= known);
    if (later !== undefined || sources.length === 0) {
      throw badArgument(`the inputs of layer '${clipped(step, 60)}'`, 'what is computed before it', later ?? 'none');
    }
  }
  for (const { name, value } of outputs) {
    if (!Number.isInteger(value) || value < 0 || value >= inputs.length + steps.length) {
      throw badArgument(`output '${clipped(name, 60)}'`, 'an input or a layer of the net', value);
    }
  }
}

/**
 * Checks that layers get values of the types that they take.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function requireTypes({ inputs, steps }: Pick<GraphParts, 'inputs' | 'steps'>): void {
  for (const { step, layer, sources } of steps) {
    for (const [i, source] of sources.entries()) {
      const [type, given] = [layer.inputType(i), inputs[source]?.dtype ?? 'float32'];
      if (type === undefined || type === given) continue;
      const from = sourceName(inputs, steps, source);
      throw badArgument(`layer '${clipped(step, 60)}'`, `an input of ${type}`, `${given} from ${from}`);
    }
  }
}

/** The ranges that the numbers of inputs must be in: what all layers take that read them. */
export function rangesOf({ inputs, steps }: GraphParts, rowShapes: readonly (RowShape | undefined)[]) {
  const found: (NumberRange | undefined)[] = inputs.map(() => undefined);
  for (const { layer, sources } of steps) {
    for (const [i, source] of sources.entries()) {
      const shapes = sources.map((one) => rowShapes[one]);
      if (inputs[source]?.dtype !== 'int32') continue;
      const range = layer.inputRange(i, ...(shapes.every((shape) => shape !== undefined) ? shapes : []));
      const before = found[source];
      if (range && before) found[source] = [Math.max(range[0], before[0]), Math.min(range[1], before[1])];
      else found[source] = range ?? before;
    }
  }
  return found;
}

/** Refuses rows of another shape than that of the input. @throws BlasnetError `ERR_SHAPE_MISMATCH` */
export function requireRows({ name, rowShape }: GraphInput, received: RowShape): void {
  if (rowShape === undefined || rowShape.join() === received.join()) return;
  const what = name === '' ? 'the input' : `input '${clipped(name, 60)}'`;
  throw shapeMismatch(what, `rows of shape [${rowShape.join(', ')}]`, `rows of shape [${received.join(', ')}]`);
}

/** The row shape of each step's result, in order. @throws BlasnetError that names the layer and where its input is from */
export function shapesThrough({ inputs, steps }: GraphParts, rowShapes: readonly RowShape[]): RowShape[] {
  const shapes = [...rowShapes];
  for (const { step, layer, sources } of steps) {
    try {
      shapes.push(layer.outputShape(...sources.map((source) => shapes[source]!)));
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      const from = sources.map((source) => sourceName(inputs, steps, source)).join(' and ');
      throw new BlasnetError(cause.code, `${cause.message} at layer '${clipped(step, 60)}', from ${from}`, { cause });
    }
  }
  return shapes.slice(inputs.length);
}

function sourceName(inputs: readonly GraphInput[], steps: readonly GraphStep[], value: number): string {
  const input = inputs[value];
  if (!input) return `layer '${clipped(steps[value - inputs.length]!.step, 60)}'`;
  return input.name === '' ? 'the data' : `input '${clipped(input.name, 60)}'`;
}
