import type { HyperParameters, LayerConfig, NetType, NeuralNet, Preparation } from '../../index.js';

/** What is known of a model file; plain JSON. */
export interface Inspection extends Contents {
  readonly file: string;
  readonly bytes: number;
}

export interface Contents {
  readonly format: string;
  /** Absent where blasnet can make no net of the file. */
  readonly net?: NetContents;
  /** Why it cannot, where the file is an ONNX model. */
  readonly refusal?: string;
  readonly tensors: readonly TensorContents[];
  /** How many nodes of an ONNX model there are of each operator. */
  readonly operators?: Readonly<Record<string, number>>;
  /** Other texts that the file carries. */
  readonly metadata: Readonly<Record<string, string>>;
}

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

export interface LayerContents {
  readonly name: string;
  readonly config: LayerConfig | undefined;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

export interface TensorContents {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What a net says of itself. */
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
