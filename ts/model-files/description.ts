import { BlasnetError, badArgument } from '../core/errors.js';
import { badFile } from '../core/files.js';
import { checkedPreparation } from '../data/preparation/check-preparation.js';
import type { Preparation } from '../data/preparation/preparation.js';
import { type HyperParameterOptions, HyperParameters } from '../hyper-parameters.js';
import { configOf } from '../layers/config-of.js';
import { createLayer, type Layer, type LayerConfig } from '../layers/index.js';
import { type GraphParts, type NamedLayer, uniqueLayers } from '../net/net-graph.js';
import { requireSavable } from '../objectives.js';
import { headerKey, modelFormat } from '../safetensors/checksums.js';
import { graphIn, graphText } from './graph-text.js';

/** Counts changes of the format that an older blasnet cannot read. Files of version 2 have a checksum of their header. */
const version = '2';
const olderVersion = '1';

/** A net without its weights. */
export interface ModelDescription {
  readonly name: string;
  readonly params: HyperParameters;
  readonly graph: GraphParts;
  readonly preparation: Preparation | undefined;
}

/** Texts of a safetensors file by name. */
export type Metadata = ReadonlyMap<string, string>;

/**
 * Describes a net by texts for a safetensors file: `format`, `formatVersion` and `name`, and as JSON `layers` (a list of
 * `{ name, config }`), `graph`, `hyperParameters` and `preparation`, if there is one.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer, a loss or a metric that cannot be made again from its config
 */
export function metadataOf({ name, params, graph, preparation }: ModelDescription): Record<string, string> {
  const layers = uniqueLayers(graph);
  requireSavable(params);
  return {
    format: modelFormat,
    formatVersion: version,
    name,
    layers: JSON.stringify(layers.map((entry) => ({ name: entry.name, config: checkedConfigOf(entry) }))),
    graph: JSON.stringify(graphText(graph)),
    hyperParameters: JSON.stringify(params),
    ...(preparation && { preparation: JSON.stringify(preparation) }),
  };
}

/**
 * Undoes {@link metadataOf}. The texts need not be trusted. Takes no memory for the layers' parameters yet.
 * @throws BlasnetError `ERR_BAD_FILE` with the reason
 */
export function descriptionIn(metadata: Metadata, where: string): ModelDescription {
  if (metadata.get('format') !== modelFormat) {
    const received = 'a safetensors file of other tensors (readSafetensors reads them)';
    throw badFile(where, 'a net that blasnet saved', received);
  }
  const found = metadata.get('formatVersion');
  if (found !== version && found !== olderVersion) {
    throw badFile(where, `format version ${olderVersion} or ${version}, which this blasnet reads,`, `${found}`);
  }
  if (found === version && !metadata.has(headerKey)) throw badFile(where, `metadata with '${headerKey}'`, 'none');
  const preparation = metadata.get('preparation');
  const graph = metadata.has('graph') ? jsonIn(metadata, 'graph', where) : undefined;
  return explained(where, () => ({
    name: textIn(metadata, 'name', where),
    params: new HyperParameters(jsonIn(metadata, 'hyperParameters', where) as HyperParameterOptions),
    graph: graphIn(graph, layersIn(jsonIn(metadata, 'layers', where), where)),
    preparation: preparation === undefined ? undefined : checkedPreparation(jsonIn(metadata, 'preparation', where)),
  }));
}

/** Calls `make`; turns its `BlasnetError` of any code into an `ERR_BAD_FILE` of this file. */
export function explained<Result>(where: string, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof BlasnetError) || cause.code === 'ERR_BAD_FILE') throw cause;
    throw badFile(where, 'a net that can be made again', `one that cannot: ${cause.message}`, cause);
  }
}

/** Parses the JSON of one of the texts. */
export function jsonIn(metadata: Metadata, key: string, where: string): unknown {
  try {
    return JSON.parse(textIn(metadata, key, where));
  } catch (cause) {
    if (cause instanceof BlasnetError) throw cause;
    throw badFile(`'${key}' of ${where}`, 'JSON', (cause as Error).message, cause);
  }
}

function textIn(metadata: Metadata, key: string, where: string): string {
  const text = metadata.get(key);
  if (text === undefined) throw badFile(where, `metadata with '${key}'`, 'none');
  return text;
}

function layersIn(value: unknown, where: string): NamedLayer[] {
  if (!Array.isArray(value)) throw badFile(`'layers' of ${where}`, 'a list', typeof value);
  return value.map((entry: { readonly name: string; readonly config: LayerConfig } | null) => {
    if (typeof entry?.name !== 'string') throw badFile(`'layers' of ${where}`, '{ name, config } for each', 'others');
    return { name: entry.name, layer: createLayer(entry.config) };
  });
}

/**
 * Gets the config that makes a layer again.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a class without one
 */
export function checkedConfigOf({ name, layer }: NamedLayer): LayerConfig {
  const config = configOf(layer);
  const own = classOf(layer);
  if (config === undefined) {
    throw badArgument(`layer '${name}'`, 'a class with a config that is known to registerLayer', own);
  }
  // A subclass would come back as the class whose config it inherits.
  const made = createLayer(config);
  if (made.constructor !== layer.constructor) {
    throw badArgument(`layer '${name}'`, `a config of its class ${own}`, `one of ${classOf(made)}`);
  }
  return config;
}

function classOf(layer: Layer): string {
  return layer.constructor.name;
}
