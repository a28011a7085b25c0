import { toTensor } from '../data/npz.js';
import { badArgument, clipped } from '../errors.js';
import { badFile } from '../files.js';
import type { LayerStack, StackedLayer } from '../net/layer-stack.js';
import { SafetensorsFile } from '../safetensors/file.js';
import { type ByteSink, safetensorsWriter } from '../safetensors/safetensors.js';
import { Tensor } from '../tensor.js';
import type { Parameter } from '../weights-bias.js';
import { Checksums, checksumsOf } from './checksums.js';
import { descriptionIn, type ModelDescription, metadataOf } from './description.js';

/** Names of tensors that are no net's parameters begin so; layers' names hold no '/'. */
export const trainingPrefix = 'training/';

/**
 * Tensors by layer and parameter: `fc1.W`.
 * @param pick - what to take of each parameter, by default its value
 */
export function parametersOf(
  layers: readonly StackedLayer[],
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

/**
 * Makes the header of a file for a net.
 * @param tensors - its parameters, and what else is to be kept
 * @param texts - what else is to be kept
 * @returns what writes the file
 */
export async function modelWriter(
  description: ModelDescription,
  tensors: ReadonlyMap<string, Tensor>,
  texts: Readonly<Record<string, string>> = {},
): Promise<(file: ByteSink) => Promise<void>> {
  const metadata = { ...metadataOf(description), ...texts };
  return safetensorsWriter(tensors, { ...metadata, checksums: await checksumsOf(tensors) });
}

/** A file with a net in it that is open: its layers are made, and known to fit the file, before weights are read. */
export class ModelFile {
  readonly #file: SafetensorsFile;
  readonly #checksums: Checksums;
  readonly description: ModelDescription;

  private constructor(file: SafetensorsFile) {
    this.#file = file;
    this.#checksums = new Checksums(file.metadata, file.where);
    this.description = descriptionIn(file.metadata, file.where);
    for (const { name, layer } of this.description.layers) {
      const shapes = Object.entries(layer.parameterShapes ?? {});
      for (const [parameter, shape] of shapes) this.#requireShape(`${name}.${parameter}`, shape);
    }
  }

  /**
   * Opens a file, and closes it when `use` has done its work.
   * @throws BlasnetError `ERR_BAD_FILE` that says what is wrong with it
   */
  static async with<Result>(path: string, use: (file: ModelFile) => Promise<Result>): Promise<Result> {
    const file = await SafetensorsFile.open(path);
    try {
      return await use(new ModelFile(file));
    } finally {
      await file.close();
    }
  }

  /** What error messages call it. */
  get where(): string {
    return this.#file.where;
  }

  get metadata(): SafetensorsFile['metadata'] {
    return this.#file.metadata;
  }

  /** Reads the parameters of the layers that were made, once a net has taken them. */
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

  /** Whether the file has a tensor of that name. */
  has(name: string): boolean {
    return this.#file.tensors.has(name);
  }

  /** Reads a tensor into another of that shape. */
  async read(name: string, target: Tensor): Promise<void> {
    this.#requireShape(name, target.shape);
    const array = await this.#file.read(name, (bytes) => this.#checksums.check(name, bytes));
    target.data.set(toTensor(array, target.dtype).data);
  }

  /** Reads a tensor of whatever shape it has, as float64. */
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
