import { BlasnetError } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { NeuralNet } from '../../index.js';
import { Budget } from '../../onnx/import/budget.js';
import { wholeNumber } from '../../onnx/import/constant.js';
import { readModelFile } from '../../onnx/import/files.js';
import { elementTypes, type ModelMessage, metadataKeys } from '../../onnx/messages.js';
import { modelCodec } from '../../onnx/schema.js';
import { type Contents, netContents, type TensorContents } from './inspection.js';

const mostBytes = 2 ** 31 - 1;

/**
 * Reads the contents of an ONNX model, even if blasnet cannot load it as a net.
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is not an ONNX model, `ERR_NATIVE_LOAD` without protobufjs
 */
export async function inspectOnnx(path: string): Promise<Contents> {
  const where = `'${path}'`;
  const { decode } = await modelCodec();
  const model = decode(await readModelFile(path, new Budget(mostBytes, where)), where);
  if (!model.graph) throw badFile(where, 'an ONNX model', 'one without a graph');
  const { producerName, producerVersion, opsetImport } = model;
  const opset = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  const producer = [producerName, producerVersion].filter((text) => text).join(' ');
  const format = [
    'ONNX',
    opset !== undefined && `operator set ${wholeNumber(opset, where)}`,
    producer && `by ${producer}`,
  ];
  return {
    format: format.filter((text) => text).join(', '),
    ...(await netOf(path)),
    tensors: model.graph.initializer.map((tensor) => tensorContents(tensor, where)),
    operators: operatorsOf(model),
    metadata: metadataOf(model),
  };
}

async function netOf(path: string): Promise<Pick<Contents, 'net' | 'refusal'>> {
  try {
    return { net: netContents(await NeuralNet.fromOnnx(path)) };
  } catch (error) {
    if (!(error instanceof BlasnetError) || error.code !== 'ERR_BAD_FILE') throw error;
    return { refusal: error.message };
  }
}

type Initializer = NonNullable<ModelMessage['graph']>['initializer'][number];

function tensorContents({ name = '', dataType, dims }: Initializer, where: string): TensorContents {
  const dtype = Object.entries(elementTypes).find(([, number]) => number === dataType)?.[0] ?? `type ${dataType}`;
  return { name, dtype, shape: dims.map((size) => wholeNumber(size, where)) };
}

function operatorsOf({ graph }: ModelMessage): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of graph!.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

/** The texts of the model without the preparation, which is shown elsewhere. */
function metadataOf({ metadataProps }: ModelMessage): Record<string, string> {
  const others = metadataProps.filter(({ key }) => key !== metadataKeys.preparation);
  return Object.fromEntries(others.map(({ key, value }) => [key, value]));
}
