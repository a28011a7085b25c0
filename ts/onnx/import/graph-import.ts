// @internal
import { badFile } from '../../core/files.js';
import type { Node } from '../../graph/node.js';
import { ActivationLayer, type Layer } from '../../layers/index.js';
import type { DType, FloatArray } from '../../tensor/tensor.js';
import { elementTypes } from '../messages.js';
import { AppliedLayers, type LayerWeights, type Setting } from './applied-layers.js';
import type { Budget } from './budget.js';
import { type Compose, composed } from './compose.js';
import type { ConstantValue } from './constant.js';
import type { Extent } from './extents.js';
import type { Graph, GraphInput } from './graph.js';
import { type GraphValue, type IntegersValue, kindOf, type RowsValue } from './graph-values.js';
import { type Layout, laidOut, layoutOf } from './layout.js';
import type { Weights } from './limits.js';
import { ModelValues } from './model-values.js';
import type { Branch, OnnxNode } from './node.js';
import { NodeInputs } from './node-inputs.js';
import { quote } from './quote.js';
import type { Length } from './recorder.js';

/** Options of an import of a graph. */
interface ImportOptions {
  readonly budget: Budget;
  readonly where: string;
  /** Whether the values of outputs have their names; else what comes behind them has. */
  readonly namesOutputs: boolean;
  /** Imports the nodes of a branch. */
  readonly follow: (state: GraphImport, nodes: readonly OnnxNode[]) => void;
}

/**
 * The state of an import of a graph: the values that are known so far, and the layers found. Nodes are imported in the
 * order of the graph, in which ONNX requires each value to come before its uses. An operator reads its node's inputs,
 * counted from 0, and gives its outputs.
 */
export class GraphImport implements Setting {
  readonly graph: Graph;
  readonly where: string;
  readonly budget: Budget;
  /** The meaning of the first dimension of the model's values. */
  readonly batching: 'rows' | 'whole';
  /** float64 where the model computes in it. */
  readonly dtype: DType;
  /** Nodes that another one has imported together with itself. */
  readonly done = new Set<OnnxNode>();
  /** The lengths that the steps of a node are masked by. */
  readonly maskedBy = new Map<Node, Node>();
  /** The names of the net's outputs by those of the model, where there are several. */
  readonly outputNames = new Map<string, string>();
  /** The number of rows where the model fixes it. */
  fixedRows: number | undefined;
  readonly #values: ModelValues;
  readonly #layers: AppliedLayers;
  readonly #inputs: NodeInputs;
  /** The dimensions of the model's inputs that count the rows. */
  readonly #rowPlaces = new Set([0]);
  readonly #namesOutputs: boolean;
  readonly #follow: (nodes: readonly OnnxNode[]) => void;

  constructor(graph: Graph, batching: Setting['batching'], { budget, where, namesOutputs, follow }: ImportOptions) {
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
    this.#values = new ModelValues(graph, where, budget);
    this.#layers = new AppliedLayers(this);
    this.#inputs = new NodeInputs(this.#values, this.#layers, batching);
    if (graph.outputs.length > 1) for (const name of graph.outputs) this.outputNames.set(name, this.freeName(name));
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

  /** The name of a value of the model as one of the net that is not taken. */
  freeName(name: string): string {
    return this.#layers.freeName(name);
  }

  /** The value of that name; undefined where no earlier node gives it. */
  value(name: string): GraphValue | undefined {
    return this.#values.get(name);
  }

  /** Calls a function with names under which a node finds values as its inputs. */
  lend(values: readonly GraphValue[], use: (names: readonly string[]) => void): void {
    this.#values.lend(values, use);
  }

  has(node: OnnxNode, i: number): boolean {
    return this.#inputs.has(node, i);
  }

  /** An input of any kind. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  input(node: OnnxNode, i: number): GraphValue {
    return this.#inputs.one(node, i);
  }

  /** All inputs of a node that takes any number of them. */
  inputs(node: OnnxNode): GraphValue[] {
    return this.#inputs.all(node);
  }

  /** An input whose rows may stand in any dimension. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  anyInput(node: OnnxNode, i: number): GraphValue {
    return this.#inputs.laidOut(node, i);
  }

  /** The input where it is a constant that is the same for any number of rows. */
  repeatedConstant(node: OnnxNode, i = 0): (ConstantValue & { readonly rowsAt: number }) | undefined {
    return this.#inputs.repeatedConstant(node, i);
  }

  /** The whole numbers of an input of the model; undefined where the node's input is something else. */
  indices(node: OnnxNode, i: number): RowsValue | undefined {
    return this.#inputs.indices(node, i);
  }

  /** An input where it is rows, which may stand in any dimension; undefined for another one. */
  anyRows(node: OnnxNode, i = 0): RowsValue | undefined {
    return this.#inputs.anyRows(node, i);
  }

  /** The same where a dimension counts the rows and nothing else. */
  movedRows(node: OnnxNode, i = 0): (RowsValue & { readonly rowsAt: number }) | undefined {
    return this.#inputs.movedRows(node, i);
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not computed by the net */
  rows(node: OnnxNode, i = 0): RowsValue {
    return this.#inputs.rows(node, i);
  }

  /** An input of floats: rows or a constant. */
  floats(node: OnnxNode, i = 0): RowsValue | ConstantValue {
    return this.#inputs.floats(node, i);
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not a constant of floats */
  constant(node: OnnxNode, i: number): ConstantValue {
    return this.#inputs.constant(node, i);
  }

  /** A constant of floats with that many numbers. */
  vector(node: OnnxNode, i: number, length: number): ConstantValue {
    return this.#inputs.vector(node, i, length);
  }

  /** Integers, among which there may be the number of rows. */
  lengths(node: OnnxNode, i: number): IntegersValue {
    return this.#inputs.lengths(node, i);
  }

  /** Integers that are known. */
  integers(node: OnnxNode, i: number): readonly number[] {
    return this.#inputs.integers(node, i);
  }

  /** Integers of an attribute, or of an input since a later operator set. */
  listed(node: OnnxNode, attribute: string, i: number): readonly number[] | undefined {
    const given = node.ints(attribute);
    return given ?? (this.has(node, i) ? this.integers(node, i) : undefined);
  }

  /** A number of a constant input; undefined where the node does not have it. */
  scalar(node: OnnxNode, i: number): number | undefined {
    return this.#inputs.scalar(node, i);
  }

  /** The dimensions of a value as the model has them, for one in which none of them holds more than the rows. */
  dims(value: GraphValue): readonly Length[] {
    return this.extents(value) as readonly Length[];
  }

  /** The dimensions of a value as the model has them. */
  extents(value: GraphValue): readonly Extent[] {
    return this.#inputs.extents(value);
  }

  /** An array of the net's dtype. @throws BlasnetError `ERR_BAD_FILE` if it exceeds the budget */
  array(size: number): FloatArray {
    return this.#layers.array(size);
  }

  /** Numbers as the weights of a layer. */
  weightsOf(shape: readonly number[], values: ArrayLike<number>): Weights {
    return this.#layers.weightsOf(shape, values);
  }

  /** The weights that the import found for a layer, by the names of its parameters. */
  weightsFor(layer: Layer): LayerWeights {
    return this.#layers.weights.get(layer) ?? {};
  }

  /** Sets one of the node's outputs. */
  give(node: OnnxNode, value: GraphValue, output = 0): void {
    this.#values.set(node.outputs[output] ?? '', value);
  }

  /** Sets one of the node's outputs to rows that the model has in a place of its own. */
  giveLaidOut(node: OnnxNode, value: RowsValue, layout: Layout, output = 0): void {
    this.give(node, laidOut(value, layout), output);
  }

  /** Whether the net reads an output of a node. */
  isRead(node: OnnxNode, output: number): boolean {
    return this.#values.isRead(node.outputs[output] ?? '');
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
    const name = this.#nameOf(node, output);
    const record = (inputs: readonly (RowsValue | ConstantValue)[]) => this.#layers.record(node, inputs, compose, name);
    const { dtype, budget } = this;
    const value = node.naming(() => composed(node, operands, compose, { dtype, budget, isTruth, record }));
    this.give(node, value, output);
    return value;
  }

  /** Rows that a node computes in operations on its way to its output. */
  between(node: OnnxNode, inputs: readonly (RowsValue | ConstantValue)[], compose: Compose): RowsValue {
    return node.naming(() => this.#layers.record(node, inputs, compose));
  }

  /** Gives the output of a layer that is applied to rows. */
  layer(node: OnnxNode, layer: Layer, inputs: readonly RowsValue[], weights: LayerWeights = {}): RowsValue {
    const value = this.#layers.apply(node, layer, inputs, weights, this.#nameOf(node, 0));
    this.give(node, value);
    return value;
  }

  /** The output of a layer that is applied to rows. */
  apply(node: OnnxNode, layer: Layer, inputs: readonly RowsValue[], weights: LayerWeights = {}): RowsValue {
    return this.#layers.apply(node, layer, inputs, weights);
  }

  /** Rows in another shape. Of what has been reshaped already, the numbers are those of the first shape. */
  reshaped(node: OnnxNode, x: RowsValue, rowShape: readonly number[]): RowsValue {
    return this.#layers.reshaped(node, x, rowShape);
  }

  /** Whether rows have been reshaped by the import itself. */
  isView(value: RowsValue): boolean {
    return this.#layers.isView(value);
  }

  /** The name of an output of a node where it is one of the net's outputs. */
  #nameOf(node: OnnxNode, output: number): string | undefined {
    return this.#namesOutputs ? this.outputNames.get(node.outputs[output] ?? '') : undefined;
  }

  /** Does what a branch does, and returns its outputs. @throws BlasnetError `ERR_BAD_FILE` for names that are taken */
  enter(node: OnnxNode, branch: Branch): readonly GraphValue[] {
    const { nodes, inputs, outputs } = branch;
    if (inputs.length > 0) throw node.bad('branches without inputs', `${inputs.length}`);
    this.#values.addBranch(node, branch);
    this.#follow(nodes);
    return outputs.map((name) => {
      const value = this.value(name);
      if (!value) throw node.bad('outputs that the branch gives', quote(name));
      return value;
    });
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
