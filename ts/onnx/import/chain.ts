// @internal
import { badFile } from '../../files.js';
import type { Layer } from '../../layers/index.js';
import { arrayOf, type FloatArray, sizeOf } from '../../tensor.js';
import type { Affine } from './affine.js';
import type { Budget } from './budget.js';
import { type ConstantValue, constantOf } from './constant.js';
import type { Graph } from './graph.js';
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';
import type { DataValue, Value, Zeros } from './values.js';

/** `addLayer` looks at all layers that are there: with more it would take seconds. */
const mostLayers = 2000;

/** Weights of a layer, to be set when it is in its net. */
export interface Weights {
  readonly shape: readonly number[];
  readonly values: FloatArray;
}

/** One layer of the net to be. */
export interface Step {
  readonly node: OnnxNode;
  readonly layer: Layer;
  readonly weights: Readonly<Record<string, Weights>>;
}

/**
 * A graph on its way to a net: the values that are known so far, and the layers found. Operators are called in the
 * graph's order, which ONNX demands to be one in which each value comes before its uses; so a cycle, or a value that
 * nothing gives, shows as a name that is not known yet.
 */
export class Chain {
  readonly graph: Graph;
  readonly where: string;
  readonly budget: Budget;
  readonly steps: Step[] = [];
  /** What is done with constants before the first layer. */
  entry: Affine | undefined;
  /** What is done with constants behind the last layer. */
  exit: Affine | undefined;
  readonly #values = new Map<string, Value>();
  #tip: DataValue;
  #rowShape: readonly number[];

  constructor(graph: Graph, inputShape: readonly number[], budget: Budget, where: string) {
    this.graph = graph;
    this.where = where;
    this.budget = budget;
    this.#rowShape = inputShape;
    this.#tip = { kind: 'data', name: graph.input.name, shape: inputShape };
    this.#values.set(this.#tip.name, this.#tip);
  }

  /** The end of the chain so far. */
  get tip(): DataValue {
    return this.#tip;
  }

  /** Shape of one of our rows there: `tip.shape`, or a vector of as many numbers. */
  get rowShape(): readonly number[] {
    return this.#rowShape;
  }

  /** An array of the model's dtype, once there is known to be memory for it. */
  floats(size: number): FloatArray {
    const FloatsOf = arrayOf(this.graph.input.dtype);
    this.budget.take(size * FloatsOf.BYTES_PER_ELEMENT);
    return new FloatsOf(size);
  }

  /** What a name stands for; undefined where nothing before gives it. */
  value(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.graph.constants.get(name);
    if (!tensor) return undefined;
    const constant = constantOf(tensor, `tensor ${quote(name)} of ${this.where}`, this.budget);
    this.#values.set(name, constant);
    return constant;
  }

  /** The node's input of that number, whatever it is. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  input(node: OnnxNode, i: number): Value {
    const name = node.inputs[i] ?? '';
    if (name === '') throw node.bad(`an input ${i + 1}`, 'none');
    const value = this.value(name);
    if (!value) throw node.bad('values that an earlier node gives', quote(name));
    return value;
  }

  /** The rows that the node takes. @throws BlasnetError `ERR_BAD_FILE` where another node has taken them already */
  data(node: OnnxNode, i = 0): DataValue {
    const value = this.dataWithZeros(node, i);
    if (value.zeros) throw node.bad('zeros around images in front of a convolution or average pool only', 'them here');
    return value;
  }

  /** As `data`, for a node that can make zeros around images its own padding. */
  dataWithZeros(node: OnnxNode, i = 0): DataValue {
    const value = this.input(node, i);
    if (value.kind !== 'data') throw node.bad(`what the net computes as input ${i + 1}`, `a ${value.kind}`);
    return this.#taken(node, value);
  }

  /** As `data`, for the value of a name that may be the input of an earlier node: of several that are one layer. */
  dataNamed(node: OnnxNode, name: string): DataValue {
    const value = this.value(name);
    if (value?.kind !== 'data') throw node.bad('a chain of layers without branches', quote(name));
    return this.#taken(node, value);
  }

  #taken(node: OnnxNode, value: DataValue): DataValue {
    if (value !== this.#tip) {
      const taker = this.graph.uses.get(value.name)?.find((user) => user !== node);
      const by = taker ? `, which ${taker.where} takes as well` : '';
      throw node.bad('a chain of layers without branches', `${quote(value.name)}${by}`);
    }
    return value;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where it is no constant */
  constant(node: OnnxNode, i: number): ConstantValue {
    const value = this.input(node, i);
    if (value.kind !== 'constant') throw node.bad(`a constant as input ${i + 1}`, `a ${value.kind}`);
    return value;
  }

  optionalConstant(node: OnnxNode, i: number): ConstantValue | undefined {
    return (node.inputs[i] ?? '') === '' ? undefined : this.constant(node, i);
  }

  /** A constant of floats with that many numbers. @throws BlasnetError `ERR_BAD_FILE` */
  vector(node: OnnxNode, i: number, length: number): ConstantValue {
    const constant = this.constant(node, i);
    if (!constant.isFloat || sizeOf(constant.shape) !== length) {
      throw node.bad(`${length} numbers as input ${i + 1}`, `shape [${constant.shape.join(', ')}]`);
    }
    return constant;
  }

  /** What the node gives, where that are not rows. */
  give(node: OnnxNode, value: Value): void {
    this.#values.set(node.outputs[0] ?? '', value);
  }

  /** The node gives the same rows, in that shape. */
  pass(node: OnnxNode, shape: readonly number[] = this.#tip.shape, step?: Step): void {
    const name = node.outputs[0] ?? '';
    this.#tip = { kind: 'data', name, shape, node, ...(step && { step }) };
    this.#values.set(name, this.#tip);
  }

  /** The node puts zeros around images. */
  surround(node: OnnxNode, zeros: Zeros): void {
    this.pass(node);
    this.#tip = { ...this.#tip, zeros };
    this.#values.set(this.#tip.name, this.#tip);
  }

  /**
   * The node is a layer.
   * @param shape - of one row of its output, as the model has it
   */
  add(
    node: OnnxNode,
    layer: Layer,
    shape: readonly number[] = this.#tip.shape,
    weights: Readonly<Record<string, Weights>> = {},
  ): void {
    if (this.exit) {
      const expected = 'arithmetic with constants in front of all layers or behind them';
      throw this.exit.first.bad(expected, `${node.operator} behind it`);
    }
    if (this.steps.length === mostLayers) throw badFile(this.where, `at most ${mostLayers} layers`, 'more');
    this.#rowShape = node.naming(() => layer.outputShape(this.#rowShape));
    const step: Step = { node, layer, weights };
    this.steps.push(step);
    this.pass(node, shape, step);
  }
}
