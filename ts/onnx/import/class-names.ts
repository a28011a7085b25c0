// @internal
import { badFile } from '../../files.js';
import { elementTypes, type TensorMessage } from '../messages.js';
import { Budget } from './budget.js';
import { constantOf } from './constant.js';
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';

const mlDomain = 'ai.onnx.ml';
/** Memory for the names of a million classes. */
const mostBytes = 2 ** 24;

/**
 * The class names in the branch by which scikit-learn's converter makes labels of probabilities:
 * ArgMax of the output, then ArrayFeatureExtractor of a list of labels.
 * @returns undefined where the graph has no such branch
 */
export function classNamesOf(
  output: string,
  nodes: readonly OnnxNode[],
  constants: ReadonlyMap<string, TensorMessage>,
  where: string,
): readonly string[] | undefined {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) producers.set(name, node);
  /** Follows Identity and ZipMap back to the value that they pass on. */
  const sourceOf = (name: string | undefined): string | undefined => {
    const seen = new Set<string>();
    let at = name;
    for (; at !== undefined && !seen.has(at); at = producers.get(at)!.inputs[0]) {
      seen.add(at);
      const operator = producers.get(at)?.operator;
      if (operator !== 'Identity' && operator !== 'ZipMap') break;
    }
    return at;
  };
  const source = sourceOf(output);
  for (const { operator, domain, inputs } of nodes) {
    if (operator !== 'ArrayFeatureExtractor' || domain !== mlDomain) continue;
    const place = producers.get(inputs[1] ?? '');
    const list = constants.get(inputs[0] ?? '');
    if (place?.operator === 'ArgMax' && sourceOf(place.inputs[0]) === source && list) return labelsOf(list, where);
  }
  return undefined;
}

/** A list of labels, which are strings or integers, as strings. @throws BlasnetError `ERR_BAD_FILE` */
function labelsOf(tensor: TensorMessage, where: string): readonly string[] {
  const name = `tensor ${quote(tensor.name ?? '')} of ${where}`;
  if (tensor.dataType === elementTypes.string) return textsOf(tensor.stringData ?? [], name);
  const { values } = constantOf(tensor, name, new Budget(mostBytes, where), { mostIntegers: mostBytes });
  return Array.from(values, String);
}

/** UTF-8 to strings, as lists of labels have them. @throws BlasnetError `ERR_BAD_FILE` for other bytes */
export function textsOf(bytes: readonly Uint8Array[], where: string): readonly string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return bytes.map((text) => decoder.decode(text));
  } catch (cause) {
    throw badFile(where, 'class names in UTF-8', 'other bytes', cause);
  }
}
