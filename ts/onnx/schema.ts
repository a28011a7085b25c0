// @internal
import type { Type } from 'protobufjs';
import { badFile } from '../core/files.js';
import { optionalLoader, rethrow } from '../core/optional.js';
import { readOwnFile } from '../core/own-package.js';
import type { ModelMessage } from './messages.js';
import { checkWire } from './wire.js';

/** Encodes and decodes ONNX models by the schema that ONNX publishes. */
export interface ModelCodec {
  encode(model: ModelMessage): Uint8Array;
  /**
   * @param where - the name of the file in error messages
   * @throws BlasnetError `ERR_BAD_FILE` for bytes that are not an ONNX model, or would take far more memory than their size
   */
  decode(bytes: Uint8Array, where: string): ModelMessage;
}

const loadOptional = optionalLoader('ONNX', 'protobufjs');

let codec: Promise<ModelCodec> | undefined;

/**
 * Resolves with the codec; reads the schema in the first call.
 * @throws BlasnetError `ERR_NATIVE_LOAD` where protobufjs is not installed
 */
export function modelCodec(): Promise<ModelCodec> {
  codec ??= load();
  return codec;
}

async function load(): Promise<ModelCodec> {
  const { default: protobuf } = await loadOptional('protobufjs', () => import('protobufjs').catch(rethrow));
  const { root } = protobuf.parse((await readOwnFile('third-party/onnx/onnx.proto')).toString());
  const model: Type = root.resolveAll().lookupType('onnx.ModelProto');
  return {
    encode: (message) => model.encode(message as object).finish(),
    decode(bytes, where) {
      checkWire(bytes, model, where);
      // The reader of a Buffer gives views of raw data; that of a Uint8Array copies.
      const reader = protobuf.Reader.create(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      reader.discardUnknown = true;
      try {
        return model.decode(reader) as unknown as ModelMessage;
      } catch (cause) {
        throw badFile(where, 'an ONNX model', cause instanceof Error ? cause.message : 'something else', cause);
      }
    },
  };
}
