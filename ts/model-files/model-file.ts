import { badArgument, clipped } from '../core/errors.js';
import { badFile } from '../core/files.js';
import type { Parameter } from '../graph/weights-bias.js';
import type { LayerStack } from '../net/layer-stack.js';
import { type NamedLayer, uniqueLayers } from '../net/net-graph.js';
import { toTensor } from '../npz/npz.js';
import { SafetensorsFile } from '../safetensors/file.js';
import { Int8Numbers } from '../safetensors/int8-numbers.js';
import { type ByteSink, type Storable, signedWriter } from '../safetensors/safetensors.js';
import { Tensor } from '../tensor/tensor.js';
import { descriptionIn, type ModelDescription, metadataOf } from './description.js';

/** The prefix of tensors that are no parameters of the net; names of layers have no '/'. */
export const trainingPrefix = 'training/';

/**
 * A tensor for each parameter, by names of layer and parameter: `fc1.W`.
 * @param pick - chooses the tensor, or none; by default the parameter's value
 */
export function parametersOf(
  layers: readonly NamedLayer[],
  pick: (parameter: Parameter) => Tensor | undefined = ({ value }) => value,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { name, layer } of layers) {
    for (const parameter of layer.parameters) {
      const key = `${name}.${parameter.name}`;
      if (tensors.has(key)) throw badArgument('layers and parameters', 'names that differ when joined by a dot', key);
      const tensor = pick(parameter);
      if (tensor) tensors.set(key, tensor);
    }
  }
  return tensors;
}

/** The parameters as files hold them. */
export function storedParametersOf(layers: readonly NamedLayer[]): Map<string, Storable> {
  const whole = parametersOf(layers, ({ value, storage }) => (storage === 'int8' ? value : undefined));
  const all: [string, Storable][] = [...parametersOf(layers)];
  return new Map(all.map(([name, tensor]) => [name, whole.has(name) ? new Int8Numbers(whole.get(name)!) : tensor]));
}

/**
 * Makes the header of a file with a net.
 * @param tensors - the net's parameters, and other tensors to keep
 * @param texts - other texts to keep
 * @returns a function that writes the file
 */
export function modelWriter(
  description: ModelDescription,
  tensors: ReadonlyMap<string, Storable>,
  texts: Readonly<Record<string, string>> = {},
): Promise<(file: ByteSink) => Promise<void>> {
  return signedWriter(tensors, { ...metadataOf(description), ...texts });
}

/** An open file with a net in it. Its layers are made, and fit the file, before weights are read. */
export class ModelFile {
  readonly #file: SafetensorsFile;
  readonly description: ModelDescription;

  private constructor(file: SafetensorsFile) {
    this.#file = file;
    this.description = descriptionIn(file.metadata, file.where);
    for (const { name, layer } of uniqueLayers(this.description.graph)) {
      const shapes = Object.entries(layer.parameterShapes ?? {});
      for (const [parameter, shape] of shapes) this.#requireShape(`${name}.${parameter}`, shape);
    }
  }

  /**
   * Opens a file, calls `use`, checks whatever that has not read, and closes the file.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that is damaged anywhere, with the reason
   */
  static async with<Result>(path: string, use: (file: ModelFile) => Promise<Result>): Promise<Result> {
    const file = await SafetensorsFile.open(path);
    try {
      const result = await use(new ModelFile(file));
      await file.checkRest();
      return result;
    } finally {
      await file.close();
    }
  }

  /** The file's name for error messages. */
  get where(): string {
    return this.#file.where;
  }

  get metadata(): SafetensorsFile['metadata'] {
    return this.#file.metadata;
  }

  /** Reads the parameters of the layers, once they are in a net. */
  async fill({ layers }: LayerStack): Promise<void> {
    for (const { layer } of layers) layer.allocateParameters();
    const parameters = parametersOf(layers);
    for (const name of this.#file.tensors.keys()) {
      if (!parameters.has(name) && !name.startsWith(trainingPrefix)) {
        throw badFile(this.where, "tensors of the net's layers only", `'${name}'`);
      }
    }
    for (const [name, tensor] of parameters) await this.read(name, tensor);
  }

  /** Tells whether the file has a tensor of that name. */
  has(name: string): boolean {
    return this.#file.tensors.has(name);
  }

  /** Reads a tensor into another one of its shape. */
  async read(name: string, target: Tensor): Promise<void> {
    this.#requireShape(name, target.shape);
    const array = await this.#file.read(name);
    target.data.set(toTensor(array, target.dtype).data);
  }

  /** Reads a tensor of any shape as float64. */
  async readAny(name: string): Promise<Tensor> {
    const { shape } = this.#file.tensors.get(name) ?? {};
    if (!shape) throw badFile(this.where, `a tensor '${name}'`, 'none');
    const tensor = Tensor.zeros(shape, 'float64');
    await this.read(name, tensor);
    return tensor;
  }

  #requireShape(name: string, shape: readonly number[]): void {
    const entry = this.#file.tensors.get(name);
    const wanted = `[${shape.join(', ')}]`;
    if (!entry) throw badFile(this.where, `a tensor '${name}' of shape ${wanted}`, 'none');
    const found = `[${entry.shape.join(', ')}]`;
    if (found !== wanted) throw badFile(`'${clipped(name, 60)}' of ${this.where}`, `shape ${wanted}`, found);
  }
}
