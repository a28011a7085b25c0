import { NeuralNet } from '../../index.js';
import { SafetensorsFile } from '../../safetensors/file.js';
import { type Contents, netContents, type TensorContents } from './inspection.js';

/** Texts that are shown elsewhere, or of no interest. */
const ownTexts = [
  'format',
  'formatVersion',
  'name',
  'graph',
  'layers',
  'hyperParameters',
  'preparation',
  'checksum',
  'checksums',
  'training',
];

/**
 * Reads the contents of a safetensors file: a net of blasnet, or tensors.
 * @throws BlasnetError `ERR_BAD_FILE`
 */
export async function inspectSafetensors(path: string): Promise<Contents> {
  const { tensors, metadata } = await headerOf(path);
  if (metadata.format !== 'blasnet') return { format: 'safetensors', tensors, metadata };
  const net = await NeuralNet.load(path);
  const { training } = metadata;
  const texts = Object.entries(metadata).filter(([name]) => !ownTexts.includes(name));
  return {
    format: `safetensors, blasnet ${metadata.formatVersion}`,
    net: {
      ...netContents(net),
      hyperParameters: net.params,
      ...(training !== undefined && { training: JSON.parse(training) as unknown }),
    },
    tensors,
    metadata: Object.fromEntries(texts),
  };
}

async function headerOf(
  path: string,
): Promise<{ tensors: readonly TensorContents[]; metadata: Record<string, string> }> {
  const file = await SafetensorsFile.open(path);
  try {
    const tensors = Array.from(file.tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape }));
    return { tensors, metadata: Object.fromEntries(file.metadata) };
  } finally {
    await file.close();
  }
}
