import type { HyperParameters, LayerConfig, NetType, NeuralNet, Preparation } from '../../index.js';

/** The contents of a model file; plain JSON. */
export interface Inspection extends Contents {
  readonly file: string;
  readonly bytes: number;
}

/** The contents of a file of any format. */
export interface Contents {
  readonly format: string;
  /** Absent where blasnet cannot load the file as a net. */
  readonly net?: NetContents;
  /** The reason for that, where the file is an ONNX model. */
  readonly refusal?: string;
  readonly tensors: readonly TensorContents[];
  /** The number of nodes of each operator of an ONNX model. */
  readonly operators?: Readonly<Record<string, number>>;
  /** Other texts in the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The contents of a net. */
export interface NetContents {
  readonly name: string;
  readonly type: NetType;
  readonly layers: readonly LayerContents[];
  readonly parameters: number;
  readonly hyperParameters?: HyperParameters;
  readonly preparation: Preparation | undefined;
  /** The state of the run that a checkpoint belongs to. */
  readonly training?: unknown;
  /** The layers as a table. */
  readonly summary: string;
}

/** A layer, and the shapes of its parameters. */
export interface LayerContents {
  readonly name: string;
  readonly config: LayerConfig | undefined;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

/** A tensor's name, type and shape. */
export interface TensorContents {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Describes a net. */
export function netContents(net: NeuralNet): NetContents {
  const layers = net.layers.map(({ config, parameters }, i) => ({
    name: net.layerNames[i]!,
    config,
    parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value.shape])),
  }));
  const parameters = net.layers.flatMap((layer) => layer.parameters.map(({ value }) => value.size));
  return {
    name: net.name,
    type: net.params.netType,
    layers,
    parameters: parameters.reduce((sum, size) => sum + size, 0),
    preparation: net.preparation,
    summary: net.summary(),
  };
}
