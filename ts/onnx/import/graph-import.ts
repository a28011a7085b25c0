// @internal
import { badFile } from '../../core/files.js';
import type { Node } from '../../graph/node.js';
import { ActivationLayer, type Layer, ReshapeLayer } from '../../layers/index.js';
import { arrayOf, type DType, type FloatArray, sizeOf } from '../../tensor/tensor.js';
import { elementTypes, type TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';
import { type Compose, floatsOf, folded, integersOf, recordedLayer } from './compose.js';
import { type ConstantValue, constantOf } from './constant.js';
import { type Extent, holdsRows, rowsTimes } from './extents.js';
import type { Graph, GraphInput } from './graph.js';
import { type GraphValue, type IntegersValue, kindOf, type RowsValue } from './graph-values.js';
import { extentsOf, type Layout, laidOut, layoutOf } from './layout.js';
import { mostLayers, mostRowNumbers, nodeLayerName, type Weights } from './limits.js';
import type { Branch, OnnxNode } from './node.js';
import { quote } from './quote.js';
import type { Length } from './recorder.js';

/** Limit on the integers of one tensor: shapes have a few, indices some more. */
const mostIntegers = 2 ** 20;
/** Limit on the inputs of one node. */
const mostInputs = 1024;
/** Limit on the dimensions of tensors, rows included. */
const mostDimensions = 8;

/**
 * The state of an import of a graph: the values that are known so far, and the layers found. Nodes are imported in the
 * order of the graph, in which ONNX requires each value to come before its uses.
 */
export class GraphImport {
  readonly graph: Graph;
  readonly where: string;
  readonly budget: Budget;
  /** The meaning of the first dimension of the model's values. */
  readonly batching: 'rows' | 'whole';
  /** float64 where the model computes in it. */
  readonly dtype: DType;
  /** The weights of layers, which are set once the net is made. */
  readonly weights = new Map<Layer, Readonly<Record<string, Weights>>>();
  /** The nodes of ONNX that layers come from, for messages. */
  readonly origins = new Map<Layer, OnnxNode>();
  /** Nodes that another one has imported together with itself. */
  readonly done = new Set<OnnxNode>();
  readonly #values = new Map<string, GraphValue>();
  readonly #names = new Set<string>();
  /** What nodes have another shape of, which only the net's own layers have given them. */
  readonly #views = new Map<Node, Node>();
  /** The lengths that the steps of a node are masked by. */
  readonly maskedBy = new Map<Node, Node>();
  /** The names of the net's outputs by those of the model, where there are several. */
  readonly outputNames = new Map<string, string>();
  /** The number of rows where the model fixes it. */
  fixedRows: number | undefined;
  /** The dimensions of the model's inputs that count the rows. */
  readonly #rowPlaces = new Set([0]);
  readonly #namesOutputs: boolean;
  /** Constants of branches, and names that their nodes take. */
  readonly #constants = new Map<string, TensorMessage>();
  readonly #reads = new Set<string>();
  /** How many names have been lent. */
  #lent = 0;
  readonly #follow: (nodes: readonly OnnxNode[]) => void;

  /** @param namesOutputs - whether the values of outputs have their names; else what comes behind them has */
  constructor(
    graph: Graph,
    batching: 'rows' | 'whole',
    {
      budget,
      where,
      namesOutputs,
      follow,
    }: {
      budget: Budget;
      where: string;
      namesOutputs: boolean;
      follow: (state: GraphImport, nodes: readonly OnnxNode[]) => void;
    },
  ) {
    this.graph = graph;
    this.batching = batching;
    this.budget = budget;
    this.where = where;
    this.#namesOutputs = namesOutputs;
    this.#follow = (nodes) => follow(this, nodes);
    const isDouble =
      graph.inputs.some(({ dtype }) => dtype === 'float64') ||
      graph.nodes.some((node) => node.operator === 'Cast' && node.int('to', 0) === elementTypes.float64);
    this.dtype = isDouble ? 'float64' : 'float32';
    if (graph.outputs.length > 1) for (const name of graph.outputs) this.outputNames.set(name, this.freeName(name));
  }

  /** The name of a value of the model as one of the net that is not taken. */
  freeName(name: string): string {
    let free = plainName(name);
    while (this.#names.has(free)) free += "'";
    this.#names.add(free);
    return free;
  }

  /** The value of an input of the model, in which the dimension `at` counts the rows. */
  setInput({ name, dtype, shape }: GraphInput, node: Node, at = 0): void {
    const isIndex = dtype === 'int32' || dtype === 'bool';
    const value = {
      kind: 'rows',
      node,
      ...(isIndex && { isIndex }),
      ...(dtype === 'bool' && { isTruth: true }),
    } as const;
    this.#values.set(name, laidOut(value, { at, front: 1, behind: 1 }));
    this.#rowPlaces.add(at);
    this.fixedRows ??= shape?.[at];
  }

  /** Calls a function with names under which a node finds values as its inputs. */
  lend(values: readonly GraphValue[], use: (names: readonly string[]) => void): void {
    const names = values.map((_, i) => `\0${this.#lent + i}`);
    this.#lent += values.length;
    for (const [i, name] of names.entries()) this.#values.set(name, values[i]!);
    use(names);
    for (const name of names) this.#values.delete(name);
  }

  /** The value of that name; undefined where no earlier node gives it. */
  value(name: string): GraphValue | undefined {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.graph.constants.get(name) ?? this.#constants.get(name);
    if (!tensor) return undefined;
    const where = `tensor ${quote(name)} of ${this.where}`;
    const constant = constantOf(tensor, where, this.budget, { mostIntegers });
    // Infinite numbers are those of a mask, which is not trained.
    const value: GraphValue = constant.isFloat
      ? { ...constant, isWeight: Array.prototype.every.call(constant.values, Number.isFinite) }
      : integersOf(constant, tensor.dataType);
    this.#values.set(name, value);
    return value;
  }

  has(node: OnnxNode, i: number): boolean {
    return (node.inputs[i] ?? '') !== '';
  }

  /** The node's input of that number, of any kind. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  input(node: OnnxNode, i: number): GraphValue {
    const name = node.inputs[i] ?? '';
    if (name === '') throw node.bad(`an input ${i + 1}`, 'none');
    const value = this.#given(node, i);
    if (!value) throw node.bad('values that an earlier node gives', quote(name));
    if (value.kind === 'rows' && value.isIndex) throw node.bad(`floats as input ${i + 1}`, kindOf(value));
    if (value.kind === 'rows' && value.layout) {
      throw node.bad('the rows as first dimension', `[${this.extents(value).join(', ')}]`);
    }
    if (value.kind !== 'rows' && value.rowsAt !== undefined) {
      throw node.bad('a constant whose shape does not hold the rows', `[${this.extents(value).join(', ')}]`);
    }
    return value;
  }

  /** An input whose rows may stand in any dimension. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  anyInput(node: OnnxNode, i: number): GraphValue {
    const value = this.#given(node, i);
    if (value?.kind === 'rows' ? value.layout && !value.isIndex : value) return value!;
    return this.input(node, i);
  }

  /** The value of a node's input, if there is one. */
  #given(node: OnnxNode, i: number): GraphValue | undefined {
    const name = node.inputs[i] ?? '';
    const value = this.value(name);
    if (value?.kind !== 'rows' || !value.isIndex || !value.isTruth) return value;
    const { layout, ...numbers } = value;
    const truth = { ...this.between(node, [numbers], ({ ops }, [x]) => ops.nonZero(x!)), isTruth: true };
    const result = layout ? { ...truth, layout } : truth;
    this.#values.set(name, result);
    return result;
  }

  /** The input where it is a constant that is the same for any number of rows. */
  repeatedConstant(node: OnnxNode, i = 0): (ConstantValue & { readonly rowsAt: number }) | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'constant' && value.rowsAt !== undefined ? { ...value, rowsAt: value.rowsAt } : undefined;
  }

  /** The whole numbers of an input of the model; undefined where the node's input is something else. */
  indices(node: OnnxNode, i: number): RowsValue | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'rows' && value.isIndex ? value : undefined;
  }

  /** An input where it is rows, which may stand in any dimension; undefined for another one. */
  anyRows(node: OnnxNode, i = 0): RowsValue | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'rows' && !value.isIndex && this.batching === 'rows' ? value : undefined;
  }

  /** The same where a dimension counts the rows and nothing else. */
  movedRows(node: OnnxNode, i = 0): (RowsValue & { readonly rowsAt: number }) | undefined {
    const value = this.anyRows(node, i);
    const { at, front, behind } = value ? layoutOf(value) : { at: 0, front: 0, behind: 0 };
    return value && front === 1 && behind === 1 ? { ...value, rowsAt: at } : undefined;
  }

  /** All inputs of a node that takes any number of them. */
  inputs(node: OnnxNode): GraphValue[] {
    if (node.inputs.length > mostInputs) throw node.bad(`at most ${mostInputs} inputs`, `${node.inputs.length}`);
    return node.inputs.map((_, i) => this.input(node, i));
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not computed by the net */
  rows(node: OnnxNode, i = 0): RowsValue {
    const value = this.input(node, i);
    if (value.kind !== 'rows') throw node.bad(`rows that the net computes as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** An input of floats: rows or a constant. */
  floats(node: OnnxNode, i = 0): RowsValue | ConstantValue {
    const value = this.input(node, i);
    if (value.kind === 'integers') throw node.bad(`floats as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not a constant of floats */
  constant(node: OnnxNode, i: number): ConstantValue {
    const value = this.input(node, i);
    if (value.kind !== 'constant') throw node.bad(`a constant as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** A constant of floats with that many numbers. */
  vector(node: OnnxNode, i: number, length: number): ConstantValue {
    const constant = this.constant(node, i);
    if (sizeOf(constant.shape) !== length) {
      throw node.bad(`${length} numbers as input ${i + 1}`, `shape [${constant.shape.join(', ')}]`);
    }
    return constant;
  }

  /** Integers, among which there may be the number of rows. */
  lengths(node: OnnxNode, i: number): IntegersValue {
    const value = this.input(node, i);
    if (value.kind !== 'integers') throw node.bad(`integers that are known as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** Integers that are known. */
  integers(node: OnnxNode, i: number): readonly number[] {
    const { values } = this.lengths(node, i);
    return values.map((value) => {
      if (holdsRows(value)) throw node.bad(`known integers as input ${i + 1}`, 'the number of rows');
      return value;
    });
  }

  /** Integers of an attribute, or of an input since a later operator set. */
  listed(node: OnnxNode, attribute: string, i: number): readonly number[] | undefined {
    const given = node.ints(attribute);
    return given ?? (this.has(node, i) ? this.integers(node, i) : undefined);
  }

  /** A number of a constant input; undefined where the node does not have it. */
  scalar(node: OnnxNode, i: number): number | undefined {
    if (!this.has(node, i)) return undefined;
    const value = this.input(node, i);
    const isOne = value.kind !== 'rows' && value.values.length === 1;
    const number = isOne ? (value.values as ArrayLike<Extent>)[0] : undefined;
    if (typeof number !== 'number') throw node.bad(`a known number as input ${i + 1}`, kindOf(value));
    return number;
  }

  /** The dimensions of a value as the model has them, for one in which none of them holds more than the rows. */
  dims(value: GraphValue): readonly Length[] {
    return this.extents(value) as readonly Length[];
  }

  /** The dimensions of a value as the model has them. */
  extents(value: GraphValue): readonly Extent[] {
    if (value.kind === 'rows') {
      return this.batching === 'whole' ? value.node.rowShape : extentsOf(value.node.rowShape, layoutOf(value));
    }
    if (value.rowsAt === undefined) return value.shape;
    const times = value.kind === 'constant' ? value.rowsTimes : 1;
    return (value.shape as readonly Extent[]).with(value.rowsAt, rowsTimes(times ?? 1));
  }

  /** An array of the net's dtype. @throws BlasnetError `ERR_BAD_FILE` if it exceeds the budget */
  array(size: number): FloatArray {
    const FloatsOf = arrayOf(this.dtype);
    this.budget.take(size * FloatsOf.BYTES_PER_ELEMENT);
    return new FloatsOf(size);
  }

  /** Numbers as the weights of a layer. */
  weightsOf(shape: readonly number[], values: ArrayLike<number>): Weights {
    const own = this.array(values.length);
    own.set(values);
    return { shape, values: own };
  }

  /** Sets one of the node's outputs. */
  give(node: OnnxNode, value: GraphValue, output = 0): void {
    this.#values.set(node.outputs[output] ?? '', value);
  }

  /**
   * Gives what a node computes in operations: constants at once, rows by an `OperationLayer`.
   * @param operands - values that the operations take, in order
   */
  operation(
    node: OnnxNode,
    operands: readonly GraphValue[],
    compose: Compose,
    { output = 0, isTruth = false }: { readonly output?: number; readonly isTruth?: boolean } = {},
  ): GraphValue {
    if (operands.every((operand) => operand.kind === 'integers')) {
      const lists = operands.map((operand) => floatsOf(node, operand as IntegersValue));
      const { shape, values } = node.naming(() => folded(node, lists, compose, 'float64', this.budget));
      const integers: IntegersValue = { kind: 'integers', shape, values: Array.from(values), isTruth };
      this.give(node, integers, output);
      return integers;
    }
    const constants = operands.map((operand) => (operand.kind === 'integers' ? floatsOf(node, operand) : operand));
    const isFixed = constants.every((operand) => operand.kind === 'constant');
    const value = node.naming(() =>
      isFixed
        ? folded(node, constants as readonly ConstantValue[], compose, this.dtype, this.budget)
        : this.#record(node, constants, compose, output),
    );
    const given = value.kind === 'rows' && isTruth !== (value.isTruth ?? false) ? { ...value, isTruth } : value;
    const result =
      isTruth && given.kind === 'constant'
        ? ({ kind: 'integers', shape: given.shape, values: Array.from(given.values), isTruth } as const)
        : given;
    this.give(node, result, output);
    return result;
  }

  /** Rows that a node computes in operations on its way to its output. */
  between(node: OnnxNode, inputs: readonly (RowsValue | ConstantValue)[], compose: Compose): RowsValue {
    return node.naming(() => this.#record(node, inputs, compose, -1));
  }

  /** Sets one of the node's outputs to rows that the model has in a place of its own. */
  giveLaidOut(node: OnnxNode, value: RowsValue, layout: Layout, output = 0): void {
    this.give(node, laidOut(value, layout), output);
  }

  /** Rows in another shape. Of what has been reshaped already, the numbers are those of the first shape. */
  reshaped(node: OnnxNode, x: RowsValue, rowShape: readonly number[]): RowsValue {
    const source = this.#views.get(x.node) ?? x.node;
    if (source.rowShape.join() === rowShape.join()) return { kind: 'rows', node: source };
    const view = this.apply(
      node,
      node.naming(() => new ReshapeLayer(rowShape)),
      [{ kind: 'rows', node: source }],
    );
    this.#views.set(view.node, source);
    return view;
  }

  /** Whether rows have been reshaped by the import itself. */
  isView({ node }: RowsValue): boolean {
    return this.#views.has(node);
  }

  /** Whether the net reads an output of a node. */
  isRead(node: OnnxNode, output: number): boolean {
    const name = node.outputs[output] ?? '';
    return name !== '' && (this.graph.uses.has(name) || this.#reads.has(name) || this.graph.outputs.includes(name));
  }

  /** Does what a branch does, and returns its outputs. @throws BlasnetError `ERR_BAD_FILE` for names that are taken */
  enter(node: OnnxNode, { nodes, constants, inputs, outputs }: Branch): readonly GraphValue[] {
    if (inputs.length > 0) throw node.bad('branches without inputs', `${inputs.length}`);
    for (const tensor of constants) {
      const name = tensor.name ?? '';
      if (name === '' || this.value(name)) throw node.bad('a unique name for each value', quote(name));
      this.#constants.set(name, tensor);
    }
    for (const name of [...nodes.flatMap(({ reads }) => reads), ...outputs]) this.#reads.add(name);
    for (const name of nodes.flatMap((one) => one.outputs)) {
      if (name !== '' && this.value(name)) throw node.bad('a unique name for each value', quote(name));
    }
    this.#follow(nodes);
    return outputs.map((name) => {
      const value = this.value(name);
      if (!value) throw node.bad('outputs that the branch gives', quote(name));
      return value;
    });
  }

  #record(
    node: OnnxNode,
    operands: readonly (RowsValue | ConstantValue)[],
    compose: Compose,
    output: number,
  ): RowsValue {
    const recorded = recordedLayer(node, operands, compose, this.batching, this.dtype);
    if ('same' in recorded) return recorded.same;
    const { layer, inputs, constants } = recorded;
    const weights = Object.entries(constants).map(([name, { shape, values }]) => [name, this.weightsOf(shape, values)]);
    return this.#applied(node, layer, inputs, Object.fromEntries(weights), output);
  }

  /** Gives the output of a layer that is applied to rows. */
  layer(
    node: OnnxNode,
    layer: Layer,
    inputs: readonly RowsValue[],
    weights: Readonly<Record<string, Weights>> = {},
  ): RowsValue {
    const value = this.#applied(node, layer, inputs, weights, 0);
    this.give(node, value);
    return value;
  }

  /** The output of a layer that is applied to rows. */
  apply(node: OnnxNode, layer: Layer, inputs: readonly RowsValue[], weights = {}): RowsValue {
    return this.#applied(node, layer, inputs, weights, -1);
  }

  #applied(
    node: OnnxNode,
    layer: Layer,
    inputs: readonly RowsValue[],
    weights: Readonly<Record<string, Weights>>,
    output: number,
  ): RowsValue {
    if (this.origins.size === mostLayers) throw badFile(this.where, `at most ${mostLayers} layers`, 'more');
    const value = node.outputs[output] ?? '';
    const name =
      (this.#namesOutputs ? this.outputNames.get(value) : undefined) ??
      nodeLayerName(node.name, `${layer.kind.replaceAll(' ', '-')}-${this.origins.size + 1}`, this.#names);
    const applied = node.naming(() =>
      layer.apply(
        inputs.map((input) => input.node),
        name,
      ),
    );
    const { rowShape } = applied;
    if (!(sizeOf(rowShape) <= mostRowNumbers) || rowShape.length >= mostDimensions) {
      const most = `rows of at most ${mostRowNumbers} numbers and ${mostDimensions - 1} dimensions`;
      throw node.bad(most, `rows of shape [${rowShape.join(', ')}]`);
    }
    if (sizeOf(rowShape) < 1) throw node.bad('rows of one number or more', `rows of shape [${rowShape.join(', ')}]`);
    this.origins.set(layer, node);
    if (Object.keys(weights).length > 0) this.weights.set(layer, weights);
    return { kind: 'rows', node: applied };
  }

  /** Whether rows stand where an input has them, too: in the net they are in front. */
  #isPlaced({ at, front, behind }: Layout): boolean {
    return this.#rowPlaces.has(at) && front === 1 && behind === 1;
  }

  /** The nodes of the net's outputs, each of them another one. */
  finish(): Node[] {
    const taken = new Set<Node>();
    return this.graph.outputs.map((name) => {
      const value = this.value(name);
      if (value?.kind === 'rows' && !this.#isPlaced(layoutOf(value))) {
        const received = `[${this.extents(value).join(', ')}]`;
        throw badFile(this.where, `the rows as first dimension of output ${quote(name)}`, received);
      }
      if (value?.kind !== 'rows' || value.isIndex) {
        const received = value ? kindOf(value) : 'none';
        throw badFile(this.where, `rows that the net computes as output ${quote(name)}`, received);
      }
      const wanted = this.#namesOutputs ? this.outputNames.get(name) : undefined;
      let { node } = value;
      if (!node.layer || taken.has(node) || (wanted !== undefined && node.name !== wanted)) {
        node = new ActivationLayer('identity').apply(node, wanted ?? this.freeName(`output-${taken.size + 1}`));
      }
      taken.add(node);
      return node;
    });
  }
}

/** The name of a value without what names of layers must not have. */
function plainName(name: string): string {
  const plain = name.replaceAll(/[/\\\p{C}]+/gu, '.').replaceAll(/^\.+|\.+$/g, '');
  return plain === '' ? 'value' : plain.slice(0, 60);
}
