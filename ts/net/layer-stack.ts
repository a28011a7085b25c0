import { Arena } from '../arena.js';
import { didYouMean } from '../did-you-mean.js';
import { BlasnetError, badArgument, clipped } from '../errors.js';
import { requireLayerName } from '../files.js';
import { ClassificationLayer } from '../layers/classification.js';
import { Layer, type RowShape } from '../layers/layer.js';
import type { NetOutput } from '../losses/objective.js';
import type { Runner } from '../runner.js';
import { arrayOf, type DType, sizeOf, type Tensor } from '../tensor.js';

/** A layer under its name. */
export interface StackedLayer {
  readonly name: string;
  readonly layer: Layer;
}

/** All trainable parameters of a net as one tensor, their gradients as another, in the same order; and the others. */
export interface ParameterBlock {
  readonly theta: Tensor;
  readonly gradient: Tensor;
  /** Parameters that are not trained: running statistics. */
  readonly statistics: Tensor;
}

/** The layers of a net in order: names, shapes that chain, parameters in one block, passes over all of them. */
export class LayerStack {
  readonly #layers: StackedLayer[] = [];
  readonly #byName = new Map<string, Layer>();
  readonly #names = new Map<Layer, string>();
  /** Shape of a row of the last layer's output; undefined where the first layer takes any. */
  #end: RowShape | undefined;
  readonly #dtype: DType;
  readonly #weightsFirst: boolean;
  #block: ParameterBlock | undefined;

  /** @param weightsFirst - lays the parameters that l1 and l2 count out before the others, not layer by layer */
  constructor(dtype: DType, weightsFirst = false) {
    this.#dtype = dtype;
    this.#weightsFirst = weightsFirst;
  }

  get layers(): readonly StackedLayer[] {
    return this.#layers;
  }

  /**
   * Adds a layer and, once it is known to fit, configures it.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name or layer that is there already, `ERR_SHAPE_MISMATCH`
   */
  add(layer: Layer, name: string, configure: () => void): void {
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    requireLayerName(name);
    const addedAs = this.#names.get(layer) ?? (this.#byName.has(name) ? name : undefined);
    if (addedAs !== undefined) {
      const what = this.#names.has(layer) ? 'a layer that is not in the net yet' : 'a name that is not taken';
      throw badArgument(`layer '${name}'`, what, `the one added as '${addedAs}'`);
    }
    const entry = { name, layer };
    const input = this.#layers.length === 0 ? layer.inputShape : this.#end;
    const end = input && this.#shapeAfter(entry, this.#layers.at(-1), input);
    configure();
    this.#layers.push(entry);
    this.#names.set(layer, name);
    this.#byName.set(name, layer);
    this.#end = end;
    this.#block = undefined;
  }

  find(name: string): Layer {
    this.#requireLayers();
    const found = this.#byName.get(name);
    if (!found) {
      const names = [...this.#byName.keys()];
      throw badArgument('layer', `one of ${names.join(', ')}`, name, didYouMean(name, names));
    }
    return found;
  }

  /** Row shapes of every layer's output for an input of that row shape, in order. */
  shapes(input: RowShape): RowShape[] {
    let shape = input;
    return this.#layers.map((entry, i) => {
      shape = this.#shapeAfter(entry, this.#layers[i - 1], shape);
      return shape;
    });
  }

  #shapeAfter({ name, layer }: StackedLayer, previous: StackedLayer | undefined, input: RowShape): RowShape {
    try {
      return layer.outputShape(input);
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      const source = previous ? `layer '${clipped(previous.name, 60)}'` : 'the data';
      throw new BlasnetError(cause.code, `${cause.message} at layer '${clipped(name, 60)}', from ${source}`, { cause });
    }
  }

  /** Row shape of the net's output for an input of that row shape. */
  outputShape(input: RowShape): RowShape {
    this.#requireLayers();
    return this.shapes(input).at(-1)!;
  }

  #requireLayers(): void {
    if (this.#layers.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  }

  /** Bytes that a row of that shape and the outputs of all layers for it take. */
  rowBytes(input: RowShape): number {
    const numbers = [input, ...this.shapes(input)].reduce((sum, shape) => sum + sizeOf(shape), 0);
    return numbers * arrayOf(this.#dtype).BYTES_PER_ELEMENT;
  }

  /** All parameters in one arena, so that an update is one kernel; the layers' tensors become views of it. */
  get block(): ParameterBlock {
    this.#block ??= this.#layOut();
    return this.#block;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` where the memory of the weights was transferred away */
  requireAttached(): void {
    if (Object.values(this.block).some((tensor: Tensor) => tensor.data.length !== tensor.size)) {
      throw badArgument("the net's weights", 'their memory', 'a detached buffer');
    }
  }

  #layOut(): ParameterBlock {
    const theta = new Arena(this.#dtype);
    const gradient = new Arena(this.#dtype);
    const statistics = new Arena(this.#dtype);
    const moves = this.#layers
      .flatMap(({ layer }) => layer.parameters)
      .toSorted((a, b) => (this.#weightsFirst ? Number(b.penalized) - Number(a.penalized) : 0))
      .flatMap((parameter) => [
        { tensor: parameter.value, storage: (parameter.trainable ? theta : statistics).reserve(parameter.value.size) },
        { tensor: parameter.gradient, storage: gradient.reserve(parameter.gradient.size) },
      ]);
    for (const { tensor, storage } of moves) tensor.moveTo(storage);
    return { theta: theta.whole(), gradient: gradient.whole(), statistics: statistics.whole() };
  }

  /** True if all layers consist of kernels, so that C++ can replay them. */
  get isRecordable(): boolean {
    return this.#layers.every(({ layer }) => layer.isRecordable);
  }

  /** Records the forward passes of all layers. Also returns each layer's output, to find where numbers were lost. */
  forwardPass(runner: Runner, x: Tensor, training: boolean): NetOutput & { readonly outputs: readonly Tensor[] } {
    void this.block; // parameters must lie where they will stay before a plan points at them
    let a = x;
    const outputs = this.#layers.map(({ layer }) => {
      a = layer.forwardPass(runner, a, training);
      return a;
    });
    const last = this.#layers.at(-1)!.layer;
    return { a, outputs, classifier: last instanceof ClassificationLayer ? last : undefined };
  }

  /** Records the backward passes, from the delta at the output, (a − y) / m, to the first layer, which needs no input delta. */
  backwardPass(runner: Runner, outputDelta: Tensor): void {
    let delta: Tensor | null = outputDelta;
    for (let i = this.#layers.length - 1; i >= 0 && delta; i--) {
      const needsInputDelta = this.#layers.slice(0, i).some(({ layer }) => layer.parameters.length > 0);
      if (!needsInputDelta && this.#layers[i]!.layer.parameters.length === 0) return;
      delta = this.#layers[i]!.layer.backwardPass(runner, delta, needsInputDelta);
    }
  }
}
