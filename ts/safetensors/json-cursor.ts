import { badFile } from '../core/files.js';

/**
 * Reads JSON of a known form, piece by piece. `JSON.parse` takes any JSON and keeps the last of equal keys; this refuses the
 * text at the first character that does not fit, before it makes objects of it.
 */
export class JsonCursor {
  readonly #text: string;
  readonly #where: string;
  #at = 0;

  /** @param where - the file's name for error messages */
  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  /**
   * Reads an object.
   * @param read - called with each key; reads its value
   * @throws BlasnetError `ERR_BAD_FILE` for a repeated key
   */
  object(read: (key: string) => void): void {
    const keys = new Set<string>();
    this.#list('{', '}', () => {
      const key = this.string();
      if (keys.has(key)) throw badFile(this.#where, 'different keys in its header', `'${key.slice(0, 60)}' twice`);
      keys.add(key);
      this.#expect(':');
      read(key);
    });
  }

  /** Reads a list of at most `most` whole numbers from 0 to 2^53 − 1. */
  integers(most: number): number[] {
    const numbers: number[] = [];
    this.#list('[', ']', () => {
      if (numbers.length === most) throw this.#unexpected(`at most ${most} numbers in a list`);
      numbers.push(this.#integer());
    });
    return numbers;
  }

  string(): string {
    this.#space();
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#unexpected('a string');
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      this.#at = start;
      throw this.#unexpected('a string');
    }
  }

  /** Checks that only space is left, or throws `ERR_BAD_FILE`. */
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #integer(): number {
    this.#space();
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(start, this.#at);
    const value = Number(digits);
    const next = this.#text[this.#at];
    if (
      !/^(0|[1-9]\d{0,15})$/.test(digits) ||
      !Number.isSafeInteger(value) ||
      next === '.' ||
      /[eE]/.test(next ?? '')
    ) {
      this.#at = start;
      throw this.#unexpected('a whole number from 0 to 2^53 - 1');
    }
    return value;
  }

  #list(open: string, close: string, read: () => void): void {
    this.#expect(open);
    if (this.#has(close)) return;
    do read();
    while (this.#has(','));
    this.#expect(close);
  }

  #has(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#has(character)) throw this.#unexpected(`'${character}'`);
  }

  #space(): void {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #unexpected(expected: string): Error {
    const received = this.#text.slice(this.#at, this.#at + 20);
    const found = received === '' ? 'its end' : JSON.stringify(received);
    return badFile(`the header of ${this.#where}, character ${this.#at}`, expected, found);
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
