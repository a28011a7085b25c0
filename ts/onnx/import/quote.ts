// @internal

/** A name out of a file as messages show it: not too long, and without what would move the cursor. */
export const plain = (name: string) => name.slice(0, 60).replace(/\p{C}/gu, '\ufffd');

/** The same in quotes. */
export const quote = (name: string) => `'${plain(name)}'`;
