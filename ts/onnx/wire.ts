// @internal
import type { Type } from 'protobufjs';
import { badFile } from '../core/files.js';

/** Limit on the depth of nested messages; a tensor in an attribute of a node of a graph is at depth 5. */
const deepest = 24;
/**
 * Limit on the messages, strings and whole numbers of a file: as objects they take far more memory than as bytes.
 * Floating-point numbers of tensors do not count.
 */
const mostParts = 2 ** 20;

const varint = 0;
const eightBytes = 1;
const delimited = 2;
const fourBytes = 5;
const packedVarints = new Set(['int32', 'int64', 'uint64', 'bool', 'enum']);

/**
 * Checks a protocol buffer before it is decoded, without allocating memory: decoding must not take much more memory
 * than the buffer, nor recurse without end.
 * @throws BlasnetError `ERR_BAD_FILE`
 */
export function checkWire(bytes: Uint8Array, type: Type, where: string): void {
  let parts = 0;
  let at = 0;

  const bad = (received: string) => badFile(where, 'an ONNX model', received);
  const count = (more: number) => {
    parts += more;
    if (parts > mostParts) throw badFile(where, `at most ${mostParts} messages, strings and whole numbers`, 'more');
  };

  /** A varint of up to ten bytes; exact up to 2^53, which no length or tag may reach anyway. */
  const readVarint = (end: number): number => {
    let value = 0;
    for (let shift = 1, i = 0; i < 10; shift *= 128, i++) {
      if (at >= end) throw bad('a number that ends too early');
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw bad('a number of more than ten bytes');
  };

  const walk = (message: Type, end: number, depth: number): void => {
    if (depth > deepest) throw badFile(where, `messages nested at most ${deepest} deep`, 'deeper ones');
    while (at < end) {
      const tag = readVarint(end);
      const [id, wireType] = [Math.floor(tag / 8), tag % 8];
      if (id === 0 || id >= 2 ** 29) throw bad(`field ${id}`);
      if (wireType === varint) {
        readVarint(end);
        count(1);
      } else if (wireType === eightBytes || wireType === fourBytes) {
        at += wireType === eightBytes ? 8 : 4;
        count(1);
        if (at > end) throw bad('a number that ends too early');
      } else if (wireType === delimited) {
        const length = readVarint(end);
        if (length > end - at) throw bad(`a field of ${length} bytes where ${end - at} are left`);
        const field = message.fieldsById[id];
        const inner = field?.resolvedType;
        if (inner && 'fieldsById' in inner) walk(inner, at + length, depth + 1);
        else at += length;
        count(packedVarints.has(field?.type ?? '') ? length : 1);
      } else {
        throw bad(`wire type ${wireType}`);
      }
    }
  };
  walk(type, bytes.length, 0);
}
