import { randomInt } from 'node:crypto';

/** A list of numbers as JSON has it, nested or not, read without an object for each number. */
export class NumberList {
  constructor(
    /** In order; only good until the next text is read. */
    readonly numbers: Float64Array,
    /** How long the lists are, from the outermost on; those of one depth are equally long. */
    readonly lengths: readonly number[],
  ) {}
}

const [open, close, comma, colon, backslash] = [0x5b, 0x5d, 0x2c, 0x3a, 0x5c];
const [zero, nine, minus, plus, point, bigE, smallE] = [0x30, 0x39, 0x2d, 0x2b, 0x2e, 0x45, 0x65];
const [blank, tab, lineFeed, carriageReturn] = [0x20, 0x09, 0x0a, 0x0d];

const mostDepth = 8;
/** Whole numbers below this are exact in a double, and so are powers of ten up to the last of these. */
const exactBelow = 2 ** 53;
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Bounds the relative error of digits summed up to so large a number, times a power of ten. */
const error = 2 ** -48;
const mostSum = 1e25;

/** More numbers than this are not kept room for. */
const mostKept = 1 << 20;
let kept = new Float64Array(1 << 13);

/** Stands for a list in the text that JSON.parse gets: numbers that nobody can guess. */
const mark = randomInt(2 ** 47);

/** Reads lists of numbers, one text at a time. */
class ListReader {
  readonly #bytes: Buffer;
  readonly #isSingle: boolean;
  #at: number;
  #room = kept;
  #used = 0;

  constructor(bytes: Buffer, isSingle: boolean) {
    this.#bytes = bytes;
    this.#isSingle = isSingle;
    this.#at = 0;
  }

  /** Behind what was read last. */
  get at(): number {
    return this.#at;
  }

  /** The list that begins behind a key's quote, with the colon between them; undefined where there is another thing. */
  listAfter(key: number): NumberList | undefined {
    this.#at = key;
    if (this.#next() !== colon) return undefined;
    this.#at++;
    if (this.#next() !== open) return undefined;
    const first = this.#used;
    const lengths: number[] = [];
    const counts: number[] = [];
    // Only the innermost lists hold numbers.
    let leaf = 0;
    for (;;) {
      const byte = this.#next();
      if (byte === open) {
        if (counts.length === (leaf || mostDepth)) return undefined;
        counts.push(0);
        this.#at++;
        continue;
      }
      if (leaf === 0) leaf = counts.length;
      if (leaf !== counts.length || !this.#number()) return undefined;
      counts[leaf - 1]!++;
      let after = this.#next();
      while (after === close) {
        this.#at++;
        const count = counts.pop()!;
        const depth = counts.length;
        if ((lengths[depth] ??= count) !== count) return undefined;
        if (depth === 0) return new NumberList(this.#room.subarray(first, this.#used), lengths);
        counts[depth - 1]!++;
        after = this.#next();
      }
      if (after !== comma) return undefined;
      this.#at++;
    }
  }

  /** The next byte that is no white space. */
  #next(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at]!;
    while (byte === blank || byte === lineFeed || byte === carriageReturn || byte === tab) byte = bytes[++this.#at]!;
    return byte;
  }

  /** Reads a number as JSON writes it; false where there is none. */
  #number(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let byte = bytes[at]!;
    if (byte === minus) byte = bytes[++at]!;
    const isNegative = at > start;
    if (!(byte >= zero && byte <= nine)) return false;
    let sum = byte - zero;
    byte = bytes[++at]!;
    if (sum > 0) {
      for (; byte >= zero && byte <= nine; byte = bytes[++at]!) sum = 10 * sum + (byte - zero);
    } else if (byte >= zero && byte <= nine) return false;
    let exponent = 0;
    if (byte === point) {
      const first = ++at;
      byte = bytes[at]!;
      for (; byte >= zero && byte <= nine; byte = bytes[++at]!) sum = 10 * sum + (byte - zero);
      exponent = first - at;
      if (exponent === 0) return false;
    }
    if (byte === smallE || byte === bigE) {
      byte = bytes[++at]!;
      const sign = byte === minus ? -1 : 1;
      if (byte === minus || byte === plus) byte = bytes[++at]!;
      if (!(byte >= zero && byte <= nine)) return false;
      let power = 0;
      for (; byte >= zero && byte <= nine; byte = bytes[++at]!) power = Math.min(10 * power + (byte - zero), 9999);
      exponent += sign * power;
    }
    this.#at = at;
    const number = this.#valueOf(sum, exponent) ?? Math.abs(Number(bytes.toString('latin1', start, at)));
    this.#store(isNegative ? -number : number);
    return true;
  }

  /** sum · 10^exponent where that is what JSON.parse would say, in single precision at least; else undefined. */
  #valueOf(sum: number, exponent: number): number | undefined {
    if (exponent > 22 || exponent < -22) return undefined;
    const value = exponent < 0 ? sum / powers[-exponent]! : sum * powers[exponent]!;
    if (sum < exactBelow) return value;
    if (!this.#isSingle || sum > mostSum) return undefined;
    const single = Math.fround(value * (1 - error));
    return single === Math.fround(value * (1 + error)) ? single : undefined;
  }

  #store(number: number): void {
    if (this.#used === this.#room.length) {
      const larger = new Float64Array(2 * this.#room.length);
      larger.set(this.#room);
      this.#room = larger;
      if (larger.length <= mostKept) kept = larger;
    }
    this.#room[this.#used++] = number;
  }
}

/** What a text says, and the lists that stand in it as numbers. */
export interface ParsedText {
  readonly value: unknown;
  /** Undoes the mark of a list: its place in `lists`; −1 for anything else. */
  readonly lists: readonly NumberList[];
}

/**
 * Parses JSON, but reads the lists of numbers that are called "data" by itself, several times as fast: each is answered
 * with a number in its place, for {@link listAt}.
 * @param isSingle - whether numbers of more than 15 digits may be rounded to single precision, from what they say
 * @throws SyntaxError where the text is no JSON
 */
export function parseWithLists(bytes: Buffer, isSingle: boolean): ParsedText {
  const reader = new ListReader(bytes, isSingle);
  const lists: NumberList[] = [];
  let text = '';
  let copied = 0;
  // In valid JSON these bytes begin and end a string: a quote within one has a backslash before it.
  for (let key = bytes.indexOf('"data"'); key >= 0; key = bytes.indexOf('"data"', Math.max(key + 1, copied))) {
    const list = bytes[key - 1] === backslash ? undefined : reader.listAfter(key + 6);
    if (!list) continue;
    text += `${bytes.toString('utf8', copied, key)}"data":${mark + lists.length}`;
    copied = reader.at;
    lists.push(list);
  }
  return { value: JSON.parse(text + bytes.toString('utf8', copied)), lists };
}

/** The list that stands at a number in a parsed text. */
export function listAt(lists: readonly NumberList[], value: unknown): NumberList | undefined {
  return typeof value === 'number' ? lists[value - mark] : undefined;
}
