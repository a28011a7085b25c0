// @internal

/** A name from a file for error messages: at most 60 characters, without control characters. */
export const plain = (name: string) => name.slice(0, 60).replace(/\p{C}/gu, '\ufffd');

/** Like `plain`, in quotes. */
export const quote = (name: string) => `'${plain(name)}'`;
