// @internal
import { badFile } from '../../core/files.js';
import { elementTypes, type TensorMessage } from '../messages.js';
import { Budget } from './budget.js';
import { constantOf } from './constant.js';
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';

const mlDomain = 'ai.onnx.ml';
const passesOn = new Set(['Identity', 'ZipMap']);
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
  /** For values that Identity and ZipMap pass on, where they come from; producers stand in front of their users. */
  const sources = new Map<string, string>();
  const sourceOf = (name: string) => sources.get(name) ?? name;
  for (const node of nodes) {
    const [input] = node.inputs;
    for (const name of node.outputs) {
      producers.set(name, node);
      if (input !== undefined && passesOn.has(node.operator)) sources.set(name, sourceOf(input));
    }
  }
  for (const { operator, domain, inputs } of nodes) {
    if (operator !== 'ArrayFeatureExtractor' || domain !== mlDomain) continue;
    const place = producers.get(inputs[1] ?? '');
    const list = constants.get(inputs[0] ?? '');
    const isOfOutput = place?.operator === 'ArgMax' && sourceOf(place.inputs[0] ?? '') === sourceOf(output);
    if (isOfOutput && list) return labelsOf(list, where);
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
