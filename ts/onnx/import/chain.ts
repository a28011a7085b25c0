// @internal
import { badFile } from '../../core/files.js';
import { FlattenLayer, type Layer } from '../../layers/index.js';
import { arrayOf, type DType, type FloatArray, sizeOf } from '../../tensor/tensor.js';
import type { Affine } from './affine.js';
import type { Budget } from './budget.js';
import { type ConstantValue, constantOf } from './constant.js';
import type { Graph } from './graph.js';
import { mostLayers, mostRowNumbers, type Weights } from './limits.js';
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';
import type { DataValue, Value, Zeros } from './values.js';

/** The kernels take tensors of at most four dimensions, of which the first counts the rows. */
const mostRowDimensions = 3;

/** One layer of the net. */
export interface Step {
  readonly node: OnnxNode;
  readonly layer: Layer;
  readonly weights: Readonly<Record<string, Weights>>;
}

/**
 * The state of an import: the values that are known so far, and the layers found. Operators are called in the
 * order of the graph, in which ONNX requires each value to come before its uses; so a cycle, or a value that
 * no node gives, shows as a name that is not known yet.
 */
export class Chain {
  readonly graph: Graph;
  readonly where: string;
  readonly budget: Budget;
  readonly steps: Step[] = [];
  /** The arithmetic with constants before the first layer. */
  entry: Affine | undefined;
  /** The arithmetic with constants behind the last layer. */
  exit: Affine | undefined;
  /** Class names that a node of the chain gives (ZipMap), or that the graph has beside it. */
  classes: readonly string[] | undefined;
  /** The node that makes [1 − p, p] of the probability p. No layer may follow. */
  bothClasses: OnnxNode | undefined;
  /** The type of the net's numbers: float64 where the model computes in it. */
  dtype: DType;
  readonly #values = new Map<string, Value>();
  #tip: DataValue;
  #rowShape: readonly number[];

  /** @throws BlasnetError `ERR_BAD_FILE` for rows that are too large */
  constructor(graph: Graph, inputShape: readonly number[], budget: Budget, where: string) {
    this.graph = graph;
    this.where = where;
    this.budget = budget;
    this.classes = graph.classes;
    const [input] = graph.inputs;
    this.dtype = input!.dtype === 'float64' ? 'float64' : 'float32';
    this.#rowShape = inputShape;
    if (!(sizeOf(inputShape) <= mostRowNumbers)) {
      throw badFile(where, `rows of at most ${mostRowNumbers} numbers`, `rows of shape [${inputShape.join(', ')}]`);
    }
    this.#tip = { kind: 'data', name: input!.name, shape: inputShape };
    this.#values.set(this.#tip.name, this.#tip);
  }

  /** The value at the end of the chain so far. */
  get tip(): DataValue {
    return this.#tip;
  }

  /** The shape of one row of the net there: `tip.shape`, or a vector of as many numbers. */
  get rowShape(): readonly number[] {
    return this.#rowShape;
  }

  /** An array of the net's dtype. @throws BlasnetError `ERR_BAD_FILE` if it exceeds the budget */
  floats(size: number): FloatArray {
    const FloatsOf = arrayOf(this.dtype);
    this.budget.take(size * FloatsOf.BYTES_PER_ELEMENT);
    return new FloatsOf(size);
  }

  /** The value of that name; undefined where no earlier node gives it. */
  value(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.graph.constants.get(name);
    if (!tensor) return undefined;
    const constant = constantOf(tensor, `tensor ${quote(name)} of ${this.where}`, this.budget);
    this.#values.set(name, constant);
    return constant;
  }

  /** The node's input of that number, of any kind. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  input(node: OnnxNode, i: number): Value {
    const name = node.inputs[i] ?? '';
    if (name === '') throw node.bad(`an input ${i + 1}`, 'none');
    const value = this.value(name);
    if (!value) throw node.bad('values that an earlier node gives', quote(name));
    return value;
  }

  /** The rows that the node takes. @throws BlasnetError `ERR_BAD_FILE` where another node has taken them already */
  data(node: OnnxNode, i = 0): DataValue {
    return withoutZeros(node, this.dataWithZeros(node, i));
  }

  /** Like `data`, for a node that can make zeros around images its own padding. */
  dataWithZeros(node: OnnxNode, i = 0): DataValue {
    const value = this.input(node, i);
    if (value.kind !== 'data') throw node.bad(`rows that the net computes as input ${i + 1}`, `a ${value.kind}`);
    return this.#taken(node, value);
  }

  /** Like `data`, for a value that may be the input of an earlier node, of several nodes that are one layer. */
  dataNamed(node: OnnxNode, name: string): DataValue {
    const value = this.value(name);
    if (value?.kind !== 'data') throw node.bad('a chain of layers without branches', quote(name));
    return withoutZeros(node, this.#taken(node, value));
  }

  #taken(node: OnnxNode, value: DataValue): DataValue {
    if (value !== this.#tip) {
      const taker = this.graph.uses.get(value.name)?.find((user) => user !== node);
      const by = taker ? `, which ${taker.where} takes as well` : '';
      throw node.bad('a chain of layers without branches', `${quote(value.name)}${by}`);
    }
    return value;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not a constant */
  constant(node: OnnxNode, i: number): ConstantValue {
    const value = this.input(node, i);
    if (value.kind === 'constant') return value;
    const dims = value.kind === 'shape' ? value.dims.filter((dim) => dim !== 'rows') : [];
    if (value.kind !== 'shape' || dims.length < value.dims.length) {
      throw node.bad(`a constant as input ${i + 1}`, `a ${value.kind}`);
    }
    return { kind: 'constant', shape: value.isScalar ? [] : [dims.length], values: dims, isFloat: false };
  }

  /** Like `constant`; undefined where the node does not have that input. */
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

  /** Sets the node's output to a value that is not rows. */
  give(node: OnnxNode, value: Value): void {
    this.#values.set(node.outputs[0] ?? '', value);
  }

  /** Sets the node's output to the same rows in that shape. */
  pass(node: OnnxNode, shape: readonly number[] = this.#tip.shape, step?: Step): void {
    const name = node.outputs[0] ?? '';
    this.#tip = { kind: 'data', name, shape, node, ...(step && { step }) };
    this.#values.set(name, this.#tip);
  }

  /** Sets the node's output to the same images with zeros around them. */
  surround(node: OnnxNode, zeros: Zeros): void {
    this.pass(node);
    this.#tip = { ...this.#tip, zeros };
    this.#values.set(this.#tip.name, this.#tip);
  }

  /**
   * Adds the node as a layer.
   * @param shape - of one row of its output, as the model has it
   * @throws BlasnetError `ERR_BAD_FILE` where the layer cannot run on such rows, or cannot stand there
   */
  add(
    node: OnnxNode,
    layer: Layer,
    shape: readonly number[] = this.#tip.shape,
    weights: Readonly<Record<string, Weights>> = {},
  ): void {
    if (this.exit) {
      const expected = 'arithmetic with constants only in front of all layers or behind all layers';
      throw this.exit.first.bad(expected, `${node.operator} behind it`);
    }
    if (this.bothClasses) throw this.bothClasses.bad('the probabilities of both classes at the end', node.operator);
    if (this.steps.length === mostLayers) throw badFile(this.where, `at most ${mostLayers} layers`, 'more');
    if (this.#rowShape.length > mostRowDimensions && !(layer instanceof FlattenLayer)) {
      const received = `rows of shape [${this.#rowShape.join(', ')}]`;
      throw node.bad(`rows of at most ${mostRowDimensions} dimensions`, received);
    }
    this.#rowShape = node.naming(() => layer.outputShape(this.#rowShape));
    if (!(sizeOf(this.#rowShape) <= mostRowNumbers)) {
      throw node.bad(`rows of at most ${mostRowNumbers} numbers`, `rows of shape [${this.#rowShape.join(', ')}]`);
    }
    const step: Step = { node, layer, weights };
    this.steps.push(step);
    this.pass(node, shape, step);
  }
}

function withoutZeros(node: OnnxNode, value: DataValue): DataValue {
  if (!value.zeros) return value;
  throw node.bad('padding only in front of a convolution or average pool', 'padding here');
}
