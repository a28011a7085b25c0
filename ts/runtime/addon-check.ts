import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Numbers of processors in ELF files. */
const machines: Readonly<Record<number, string>> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

const headerBytes = 64;
const sectionTable = { offset: 0x28, entrySize: 0x3a, entries: 0x3c };

/**
 * Checks that an addon for Linux is whole and made for this processor. The system would end the process at an access
 * behind the end of a truncated file.
 * @throws Error for a file that cannot be loaded
 */
export function checkAddonFile(file: string): void {
  if (process.platform !== 'linux') return;
  const { header, size } = readHeader(file);
  if (header.length < headerBytes || header.toString('latin1', 0, 4) !== '\x7fELF') {
    throw new Error(`not an ELF file: ${size} bytes`);
  }
  const machine = machines[header.readUInt16LE(0x12)];
  if (machine !== undefined && machine !== process.arch) throw new Error(`made for ${machine}`);
  // The table of sections stands at the end.
  const end =
    Number(header.readBigUInt64LE(sectionTable.offset)) +
    header.readUInt16LE(sectionTable.entrySize) * header.readUInt16LE(sectionTable.entries);
  if (size < end) throw new Error(`truncated: ${size} bytes instead of ${end}`);
}

function readHeader(file: string): { header: Buffer; size: number } {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    const read = readSync(descriptor, header, 0, headerBytes, 0);
    return { header: header.subarray(0, read), size: fstatSync(descriptor).size };
  } finally {
    closeSync(descriptor);
  }
}
