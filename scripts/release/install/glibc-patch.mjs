// An addon that asks for a newer C library than there is: what an old system sees of one that was built on a new system.

/** The hash of a symbol version in ELF files. */
function elfHash(name) {
  let hash = 0;
  for (const code of Buffer.from(name)) {
    hash = (hash << 4) + code;
    const top = hash & 0xf0000000;
    if (top !== 0) hash ^= top >>> 24;
    hash &= ~top;
  }
  return hash >>> 0;
}

const word = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

function replaceAll(bytes, from, to) {
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at);
}

/**
 * A copy of an ELF file in which a version of glibc that it needs is replaced by one of the year 2100.
 * @returns {{ bytes: Buffer, version: string }} and that version
 */
export function needingNewGlibc(addon) {
  const found = addon.toString('latin1').match(/GLIBC_2\.\d+(?=\0)/g);
  if (!found) throw new Error('Expected an addon that names a version of glibc');
  const old = found[0];
  const version = old.replace('GLIBC_2', 'GLIBC_9');
  const bytes = Buffer.from(addon);
  replaceAll(bytes, Buffer.from(`${old}\0`), Buffer.from(`${version}\0`));
  replaceAll(bytes, word(elfHash(old)), word(elfHash(version)));
  return { bytes, version };
}
