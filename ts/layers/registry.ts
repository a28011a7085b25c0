import { didYouMean } from '../core/did-you-mean.js';
import { BlasnetError, badArgument, clipped, placed } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { checkedShape } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { sizesByType, takesOutputs, withSizes } from './layer-sizes.js';

/** Makes a layer from the fields of its config, `type` left out; the layer's constructor checks them. */
export type LayerCreator = (fields: Readonly<Record<string, unknown>>) => Layer;

/** The sizes that a config may leave out, as its fields. */
export interface LayerSizes {
  /** Sizes that follow from the shape of an input row, such as `{ inputs: 784 }`. */
  readonly fromInput?: ((input: RowShape) => Readonly<Record<string, unknown>>) | undefined;
  /** Sizes that follow from the number of the net's outputs; for the last layer of the net whose class has them. */
  readonly fromOutputs?: ((outputs: number) => Readonly<Record<string, unknown>>) | undefined;
}

/** A layer's config, and its name in the net. */
export interface LayerEntry {
  readonly name?: string | undefined;
  readonly config: LayerConfig;
}

const creators = new Map<string, LayerCreator>();

/**
 * Makes layers of a class known by the `type` of their configs, so that a saved net that has some can be loaded.
 * @param sizes - for `createLayers`: the sizes that configs may leave out
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that is taken
 */
export function registerLayer(type: string, create: LayerCreator, sizes: LayerSizes = {}): void {
  if (typeof type !== 'string' || type === '') throw badArgument('type', 'a name', type);
  if (typeof create !== 'function') throw badArgument('create', 'a function', create);
  if (creators.has(type)) throw badArgument('type', 'a name that is not registered yet', type);
  fieldsOf('sizes', sizes, ['fromInput', 'fromOutputs']);
  for (const [name, infer] of Object.entries(sizes)) {
    if (infer !== undefined && typeof infer !== 'function') throw badArgument(`sizes.${name}`, 'a function', infer);
  }
  creators.set(type, create);
  sizesByType.set(type, sizes);
}

/**
 * Creates the layers of a chain. Sizes that a config leaves out follow from the row shape that reaches the layer, and
 * those of the last layer that has outputs from `outputs`, if the layer's class was registered with such rules.
 * @param net - shape of an input row, and the number of outputs
 * @throws BlasnetError as {@link createLayer}, or `ERR_SHAPE_MISMATCH`, with the place of the layer in the message
 */
export function createLayers(
  entries: readonly LayerEntry[],
  net: { readonly input: RowShape; readonly outputs?: number | undefined },
): Layer[] {
  if (!Array.isArray(entries)) throw badArgument('layers', 'a list of { name?, config }', entries);
  for (const [i, entry] of entries.entries()) fieldsOf(`layers[${i}]`, entry, ['name', 'config']);
  fieldsOf('net', net, ['input', 'outputs']);
  const last = entries.findLastIndex(({ config }) => takesOutputs(config));
  let shape = checkedShape(net.input, "net's input");
  return entries.map(({ name, config }, i) => {
    try {
      const layer = createLayer(withSizes(config, shape, i === last ? net.outputs : undefined));
      shape = layer.outputShape(shape);
      return layer;
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      throw placed(cause, `layers[${i}]${typeof name === 'string' ? ` ('${name}')` : ''}`);
    }
  });
}

/**
 * A new layer as a config describes it, which may come from outside: everything in it is checked. A config of any layer may
 * have `trainable` and `learningRateFactor`.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown type, an unknown field, and whatever the constructor refuses
 */
export function createLayer(config: LayerConfig): Layer {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw badArgument('the config of a layer', 'an object with a type', config);
  }
  const { trainable, learningRateFactor, ...own } = config;
  const { type, ...fields } = own;
  const create = creators.get(type);
  if (!create) {
    const known = [...creators.keys()];
    // The list may be longer than a message.
    throw badArgument("the layer's type", `one of ${clipped(known.join(', '), 200)}`, type, didYouMean(type, known));
  }
  const layer = create(fields);
  if (!(layer instanceof Layer)) throw badArgument(`the result of the creator of ${type}`, 'a Layer', layer);
  // A layer's own config holds every field that it has, so any other one is unknown to it.
  const known = layer.config;
  if (known?.type !== type) throw badArgument(`the config of a layer made for '${type}'`, 'that type', known?.type);
  const unknown = Object.keys(own).find((field) => !Object.hasOwn(known, field));
  if (unknown !== undefined) {
    const fields = Object.keys(known);
    throw badArgument(type, `only ${fields.join(', ')}`, unknown, didYouMean(unknown, fields));
  }
  if (trainable !== undefined) layer.trainable = trainable as boolean;
  if (learningRateFactor !== undefined) layer.learningRateFactor = learningRateFactor as number;
  return layer;
}
