/** A format by the bytes that its files begin with. */
interface Signature {
  /** A name for messages, with the call that reads such files. */
  readonly name: string;
  /** @param text - the bytes as Latin-1 */
  readonly matches: (text: string) => boolean;
  /** The kind of files that may begin so. */
  readonly kind?: FileKind;
}

/** Files that readers ask {@link formatOf} about. */
export type FileKind = 'npz' | 'ONNX' | 'safetensors';

const startsWith =
  (...starts: readonly string[]) =>
  (text: string) =>
    starts.some((start) => text.startsWith(start));

const zip = 'PK\x03\x04';
/** The name of a zip archive's first member. */
const memberOf = (text: string) => text.slice(30, 30 + text.charCodeAt(26) + 256 * text.charCodeAt(27));

/** In order: the first that matches counts. */
const signatures: readonly Signature[] = [
  {
    name: 'an npz file (net.loadWeights reads weights of a folder of them, readNpz arrays)',
    matches: (text) => text.startsWith(zip) && memberOf(text).endsWith('.npy'),
    kind: 'npz',
  },
  {
    name: 'a PyTorch file (export the model to ONNX with torch.onnx.export, and read that by NeuralNet.fromOnnx)',
    matches: (text) =>
      text.startsWith(zip) && /(^|\/)(data\.pkl|version|byteorder|\.format_version)$/.test(memberOf(text)),
  },
  {
    name: "a Keras file (export the model to ONNX with model.export(…, format='onnx'), and read that by NeuralNet.fromOnnx)",
    matches: (text) =>
      text.startsWith(zip) && /^(metadata\.json|config\.json|model\.weights\.h5)$/.test(memberOf(text)),
  },
  { name: 'a zip archive', matches: startsWith('PK') },
  {
    name: 'an HDF5 file, as Keras writes (export the model to ONNX, and read that by NeuralNet.fromOnnx)',
    matches: startsWith('\x89HDF\r\n'),
  },
  // Before pickle: the length of a header may begin with the same bytes.
  {
    name: 'a safetensors file (NeuralNet.load reads models, readSafetensors any tensors)',
    // The length of the header, of less than 4 GiB, and JSON.
    matches: (text) => text.startsWith('\0\0\0\0{"', 4),
    kind: 'safetensors',
  },
  {
    name: "Python's pickle, as PyTorch and scikit-learn write (export the model to ONNX, and read that by NeuralNet.fromOnnx)",
    matches: startsWith('\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'),
  },
  { name: 'an npy array', matches: startsWith('\x93NUMPY') },
  { name: 'gzipped data (unpack it first)', matches: startsWith('\x1f\x8b') },
  { name: 'a GGUF file', matches: startsWith('GGUF') },
  { name: 'a TensorFlow Lite model', matches: (text) => text.startsWith('TFL3', 4) },
  { name: 'an ONNX model (NeuralNet.fromOnnx reads it)', matches: isOnnx, kind: 'ONNX' },
  { name: 'a pointer of Git LFS (git lfs pull fetches the file)', matches: startsWith('version https://git-lfs') },
  { name: 'HTML (a download that failed?)', matches: (text) => /^\s*<(!doctype html|html)/i.test(text) },
  { name: 'JSON', matches: (text) => isText(text) && /^\s*[{[]/.test(text) },
  // Protocol buffers may consist of such bytes as well.
  { name: 'text', matches: isText, kind: 'ONNX' },
];

/** A protobuf message: the IR version, then the producer's name, its version, the graph, the operator set or others. */
function isOnnx(text: string): boolean {
  const [field, version, next] = [0, 1, 2].map((at) => text.charCodeAt(at));
  return (
    field === 0x08 && version! >= 1 && version! <= 32 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next!)
  );
}

/** Printable characters and line breaks; bytes from 0x80 on are parts of others in UTF-8. */
function isText(text: string): boolean {
  const codes = Array.from(text, (character) => character.charCodeAt(0));
  return codes[0]! < 0x80 && codes.every((code) => (code >= 0x20 && code !== 0x7f) || [9, 10, 13].includes(code));
}

/** Bytes that {@link formatOf} needs at most. */
export const signatureBytes = 256;

/**
 * Names the format of a file by its first bytes, for a message: "received JSON".
 * @param expected - the format that the file ought to have
 * @returns undefined for bytes that files of that format may begin with, and for an unknown format
 */
export function formatOf(start: Uint8Array, expected: FileKind): string | undefined {
  const bytes = start.subarray(0, signatureBytes);
  if (bytes.length === 0) return 'an empty file';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const found = signatures.find(({ matches }) => matches(text));
  return found?.kind === expected ? undefined : found?.name;
}
