import { didYouMean } from '../did-you-mean.js';
import { badArgument } from '../errors.js';
import { Layer, type LayerConfig } from './layer.js';

/** Makes a layer from the fields of its config, `type` left out; the layer's constructor checks them. */
export type LayerCreator = (fields: Readonly<Record<string, unknown>>) => Layer;

const creators = new Map<string, LayerCreator>();

/**
 * Makes layers of a class known by the `type` of their configs, so that a saved net that has some can be loaded.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that is taken
 */
export function registerLayer(type: string, create: LayerCreator): void {
  if (typeof type !== 'string' || type === '') throw badArgument('type', 'a name', type);
  if (typeof create !== 'function') throw badArgument('create', 'a function', create);
  if (creators.has(type)) throw badArgument('type', 'a name that is not registered yet', type);
  creators.set(type, create);
}

/**
 * A new layer as a config describes it, which may come from outside: everything in it is checked.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown type, an unknown field, and whatever the constructor refuses
 */
export function createLayer(config: LayerConfig): Layer {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw badArgument('the config of a layer', 'an object with a type', config);
  }
  const { type, ...fields } = config;
  const create = creators.get(type);
  if (!create) {
    const known = [...creators.keys()];
    throw badArgument("the layer's type", `one of ${known.join(', ')}`, type, didYouMean(type, known));
  }
  const layer = create(fields);
  if (!(layer instanceof Layer)) throw badArgument(`the result of the creator of ${type}`, 'a Layer', layer);
  // A layer's own config holds every field that it has, so any other one is unknown to it.
  const known = layer.config;
  if (known?.type !== type) throw badArgument(`the config of a layer made for '${type}'`, 'that type', known?.type);
  const unknown = Object.keys(config).find((field) => !Object.hasOwn(known, field));
  if (unknown !== undefined) {
    const fields = Object.keys(known);
    throw badArgument(type, `only ${fields.join(', ')}`, unknown, didYouMean(unknown, fields));
  }
  return layer;
}
