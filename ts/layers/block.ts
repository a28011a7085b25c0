// @internal
import { badArgument } from '../core/errors.js';
import type { Pass } from '../graph/pass.js';
import type { Parameter } from '../graph/weights-bias.js';
import type { Value } from '../ops/value.js';
import type { DType, Tensor } from '../tensor/tensor.js';
import { configOf } from './config-of.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { createLayer } from './registry.js';

/** A layer of a block, and what its parameters are called by. */
export interface BlockMember {
  readonly name: string;
  readonly layer: Layer;
}

/** Random numbers of the layers of a block are those of streams so far apart. */
const streamsPerLayer = 2 ** 20;

/**
 * The base of layers that consist of layers, which keep their own parameters. Those of the block are the same ones under the
 * names `<layer>.<parameter>`.
 */
export abstract class BlockLayer extends Layer {
  readonly #members: readonly BlockMember[];
  readonly #renamed = new WeakMap<Parameter, Parameter>();

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that is there twice */
  constructor(members: readonly BlockMember[]) {
    super();
    const layers = members.flatMap(({ layer }) => [layer, ...(layer instanceof BlockLayer ? layer.#within() : [])]);
    const twice = layers.find((layer, i) => layers.indexOf(layer) !== i);
    if (twice) throw badArgument('layers', 'each layer once', `${twice.kind} twice`);
    this.#members = members;
  }

  /** All layers in it, and in its blocks. */
  #within(): Layer[] {
    return this.#members.flatMap(({ layer }) => [layer, ...(layer instanceof BlockLayer ? layer.#within() : [])]);
  }

  override get isRecordable(): boolean {
    return this.#members.every(({ layer }) => layer.isRecordable);
  }

  /** Whether all of its layers are. */
  override get isStepwise(): boolean {
    return this.#members.every(({ layer }) => layer.isStepwise);
  }

  override stepRefusal(isWhole: readonly boolean[]): string | undefined {
    const reasons = this.#members.flatMap(({ layer }) => layer.stepRefusal([]) ?? []);
    return this.isStepwise ? undefined : (reasons[0] ?? super.stepRefusal(isWhole));
  }

  override get isBuilt(): boolean {
    return this.#members.every(({ layer }) => layer.isBuilt);
  }

  override get dtype(): DType {
    if (this.isInNet) return super.dtype;
    return this.#members.some(({ layer }) => layer.dtype === 'float64') ? 'float64' : 'float32';
  }

  override get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    if (!this.isBuilt) return undefined;
    const shapes = this.#members.flatMap(({ name, layer }) =>
      Object.entries(layer.parameterShapes ?? {}).map(([own, shape]) => [`${name}.${own}`, shape] as const),
    );
    return Object.fromEntries(shapes);
  }

  override get parameters(): readonly Parameter[] {
    return this.#members.flatMap(({ name, layer }) =>
      layer.parameters.map((parameter) => {
        let renamed = this.#renamed.get(parameter);
        if (!renamed) {
          renamed = parameter.renamed(`${name}.${parameter.name}`, `${name}.${parameter.fileKey}`);
          this.#renamed.set(parameter, renamed);
        }
        return renamed;
      }),
    );
  }

  override allocateParameters(): void {
    for (const { layer } of this.#members) layer.allocateParameters();
  }

  protected override firstValues(): readonly Tensor[] {
    return this.#members.flatMap(({ layer }) => layer.initialValues());
  }

  /** Whether one of its layers is trained; setting it applies to all of them. */
  override get trainable(): boolean {
    return this.#members.some(({ layer }) => layer.trainable);
  }
  override set trainable(trainable: boolean) {
    for (const { layer } of this.#members) layer.trainable = trainable;
  }

  /** That of its first layer; setting it applies to all of them. */
  override get learningRateFactor(): number {
    return this.#members[0]!.layer.learningRateFactor;
  }
  override set learningRateFactor(factor: number) {
    for (const { layer } of this.#members) layer.learningRateFactor = factor;
  }

  override configure(...[setup, optimizer, ...notify]: Parameters<Layer['configure']>): void {
    const taken = this.#within().find((layer) => layer.isInNet);
    if (taken) throw badArgument(`the layer ${taken.kind} of a block`, 'a layer that is in no net yet', 'one that is');
    let place = 0;
    for (const { layer } of this.#members) {
      place++;
      layer.configure({ ...setup, stream: setup.stream + place * streamsPerLayer }, optimizer, ...notify);
      if (layer instanceof BlockLayer) place += layer.#within().length;
    }
    super.configure(setup, optimizer, ...notify);
  }

  override release(): void {
    super.release();
    for (const { layer } of this.#members) layer.release();
  }
}

/** The layers under the names that a net would give them, with `prefix` in front. */
export function membersOf(layers: readonly Layer[], what: string, prefix = ''): BlockMember[] {
  if (!Array.isArray(layers) || layers.length === 0 || layers.some((layer) => !(layer instanceof Layer))) {
    throw badArgument(what, 'a list of one layer or more', layers);
  }
  return layers.map((layer, i) => ({ name: `${prefix}${layer.kind.replaceAll(' ', '-')}-${i + 1}`, layer }));
}

/** The configs of layers; undefined where one has none. */
export function configsOf(layers: readonly Layer[]): readonly LayerConfig[] | undefined {
  const configs = layers.flatMap((layer) => configOf(layer) ?? []);
  return configs.length === layers.length ? configs : undefined;
}

/** The result of layers one behind the other; the first one takes all inputs. */
export function through(layers: readonly Layer[], pass: Pass, inputs: readonly Value[]): Value {
  return layers.reduce((values, layer) => [layer.record(pass, values)], inputs)[0]!;
}

/** The row shape of that result. */
export function throughShapes(layers: readonly Layer[], inputs: readonly RowShape[]): RowShape {
  let shapes = inputs;
  for (const layer of layers) shapes = [layer.outputShape(...shapes)];
  return shapes[0]!;
}

/** Additions and multiplications of those layers. */
export function flopsThrough(layers: readonly Layer[], inputs: readonly RowShape[]): number {
  let [shapes, flops] = [inputs, 0];
  for (const layer of layers) {
    flops += layer.flopsPerRow(...shapes);
    shapes = [layer.outputShape(...shapes)];
  }
  return flops;
}

/** The ONNX form of layers one behind the other; the first one takes all inputs. */
export function formThrough(layers: readonly Layer[], onnx: OnnxBuilder, inputs: readonly string[]): string {
  return layers.reduce((values, layer) => [onnx.layer(layer, values)], inputs)[0]!;
}

/** The layers that a list of configs describes. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function layersFrom(configs: unknown, what: string): Layer[] {
  if (!Array.isArray(configs)) throw badArgument(what, 'a list of configs of layers', configs);
  return configs.map((config) => createLayer(config as LayerConfig));
}
