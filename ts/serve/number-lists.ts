import { randomInt } from 'node:crypto';
import { parseBounded } from './bounded-json.js';

/** A list of numbers in JSON, flat or nested, in one typed array. */
export class NumberList {
  constructor(
    /** The numbers in order. The memory is reused when the next text is read. */
    readonly numbers: Float64Array,
    /** The lengths of the lists, the outermost first; all lists of one depth have the same length. */
    readonly lengths: readonly number[],
  ) {}
}

const [open, close, comma, colon, backslash] = [0x5b, 0x5d, 0x2c, 0x3a, 0x5c];
const [zero, nine, minus, plus, point, bigE, smallE] = [0x30, 0x39, 0x2d, 0x2b, 0x2e, 0x45, 0x65];
const [blank, tab, lineFeed, carriageReturn] = [0x20, 0x09, 0x0a, 0x0d];

const mostDepth = 8;
/** Bytes of the shortest list behind its key: `"data":[0]`. */
const shortestList = 10;
/** Further lists are left to JSON.parse. */
const mostLists = 4096;
/** Whole numbers below this are exact in a double, and so are powers of ten up to the last of these. */
const exactBelow = 2 ** 53;
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Bounds the relative error of digits summed up to so large a number, times a power of ten. */
const error = 2 ** -48;
const mostSum = 1e25;

/** More numbers than this are not kept room for. */
const mostKept = 1 << 20;
let kept = new Float64Array(1 << 13);

/** Numbers in place of lists in the text for JSON.parse: a random one, which clients cannot guess, and those behind it. */
const mark = randomInt(2 ** 47);

const fourZeros = Buffer.from('0,0,0,0,').readDoubleBE();

const isBlank = (byte: number) => byte === blank || byte === lineFeed || byte === carriageReturn || byte === tab;
const isDigit = (byte: number) => byte >= zero && byte <= nine;

/** Reads lists of numbers, of one text. */
class ListReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #isSingle: boolean;
  #at = 0;
  #room = kept;
  #used = 0;

  constructor(bytes: Buffer, isSingle: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isSingle = isSingle;
  }

  /** Behind what was read last. */
  get at(): number {
    return this.#at;
  }

  /** The list behind a key and its colon; undefined where there is another thing. */
  listAfter(key: number): NumberList | undefined {
    this.#at = key;
    if (!this.#takes(colon) || !this.#takes(open)) return undefined;
    const first = this.#used;
    const lengths: number[] = [];
    const counts = [0];
    let leaf = 0;
    for (;;) {
      while (counts.length <= mostDepth && this.#takes(open)) counts.push(0);
      // Only the innermost lists hold numbers, those of one depth equally many elements.
      if (leaf === 0) leaf = counts.length;
      if (leaf !== counts.length || leaf > mostDepth) return undefined;
      const count = this.#numbers();
      if (count === 0) return undefined;
      counts[leaf - 1] = count;
      while (this.#takes(close)) {
        const length = counts.pop()!;
        const depth = counts.length;
        lengths[depth] ??= length;
        if (lengths[depth] !== length) return undefined;
        if (depth === 0) return new NumberList(this.#room.subarray(first, this.#used), lengths);
        counts[depth - 1]!++;
      }
      if (!this.#takes(comma)) return undefined;
    }
  }

  /** Goes on behind that byte if it is next, white space aside. */
  #takes(expected: number): boolean {
    while (isBlank(this.#bytes[this.#at]!)) this.#at++;
    if (this.#bytes[this.#at] !== expected) return false;
    this.#at++;
    return true;
  }

  /**
   * Reads numbers as JSON writes them, with commas between them. One loop with all in local variables: what a number
   * costs is what a request costs.
   * @returns how many; 0 where there is another thing, or a number that is better left to JSON.parse
   */
  #numbers(): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const lastEight = bytes.length - 8;
    const isSingle = this.#isSingle;
    let room = this.#room;
    let used = this.#used;
    let at = this.#at;
    let byte = bytes[at]!;
    for (;;) {
      while (isBlank(byte)) byte = bytes[++at]!;
      // Images and encoded categories are mostly zeros.
      if (byte === zero && bytes[at + 1] === comma && used + 4 < room.length) {
        room[used++] = 0;
        at += 2;
        for (; at <= lastEight && used + 4 < room.length && view.getFloat64(at) === fourZeros; at += 8) {
          room[used++] = 0;
          room[used++] = 0;
          room[used++] = 0;
          room[used++] = 0;
        }
        byte = bytes[at]!;
        continue;
      }
      const start = at;
      const isNegative = byte === minus;
      if (isNegative) byte = bytes[++at]!;
      if (!isDigit(byte)) return 0;
      let sum = byte - zero;
      let exponent = 0;
      byte = bytes[++at]!;
      if (sum > 0) for (; isDigit(byte); byte = bytes[++at]!) sum = 10 * sum + (byte - zero);
      else if (isDigit(byte)) return 0;
      if (byte === point) {
        const first = ++at;
        for (; at <= lastEight; at += 4) {
          const four = view.getInt32(at, true) ^ 0x30303030;
          if (((four + 0x76767676) | four) & 0x80808080) break;
          const pairs = (Math.imul(four, 10) + (four >>> 8)) & 0x00ff00ff;
          sum = sum * 10000 + (Math.imul(pairs & 0xff, 100) + (pairs >>> 16));
        }
        for (byte = bytes[at]!; isDigit(byte); byte = bytes[++at]!) sum = 10 * sum + (byte - zero);
        exponent = first - at;
        if (exponent === 0) return 0;
      }
      if (byte === smallE || byte === bigE) {
        byte = bytes[++at]!;
        const sign = byte === minus ? -1 : 1;
        if (byte === minus || byte === plus) byte = bytes[++at]!;
        if (!isDigit(byte)) return 0;
        let power = 0;
        for (; isDigit(byte); byte = bytes[++at]!) power = Math.min(10 * power + (byte - zero), 9999);
        exponent += sign * power;
      }
      // sum · 10^exponent, where that is what JSON.parse would say.
      let value = 0;
      let isExact = exponent <= 22 && exponent >= -22;
      if (isExact) {
        value = exponent < 0 ? sum / powers[-exponent]! : sum * powers[exponent]!;
        if (sum >= exactBelow) {
          const single = Math.fround(value * (1 - error));
          isExact = isSingle && sum < mostSum && single === Math.fround(value * (1 + error));
          value = single;
        }
      }
      // JSON.parse is faster where many numbers need exact arithmetic.
      if (!isExact && !isSingle) return 0;
      if (!isExact) value = Math.abs(Number(bytes.toString('latin1', start, at)));
      if (used === room.length) room = this.#grow();
      room[used++] = isNegative ? -value : value;
      while (isBlank(byte)) byte = bytes[++at]!;
      if (byte !== comma) break;
      byte = bytes[++at]!;
    }
    const count = used - this.#used;
    this.#used = used;
    this.#at = at;
    return count;
  }

  #grow(): typeof kept {
    const larger = new Float64Array(2 * this.#room.length);
    larger.set(this.#room);
    this.#room = larger;
    if (larger.length <= mostKept) kept = larger;
    return larger;
  }
}

/** A JSON text in which numbers stand for lists, and those lists. */
export interface ListedText {
  readonly text: string;
  /** In the order of the text; {@link listAt} finds one by the number that stands in its place. */
  readonly lists: readonly NumberList[];
}

/** The value of a JSON text in which numbers stand for lists, and those lists. */
export interface ParsedText {
  readonly value: unknown;
  readonly lists: readonly NumberList[];
}

/**
 * Reads the lists of numbers under the key "data" in a JSON text, several times as fast as JSON.parse does, and puts a number
 * in the place of each. The text is not checked otherwise.
 * @param isSingle - whether numbers of more than 15 digits may be rounded to single precision
 */
export function readLists(bytes: Buffer, isSingle: boolean): ListedText {
  const reader = new ListReader(bytes, isSingle);
  const lists: NumberList[] = [];
  let text = '';
  let copied = 0;
  // In valid JSON these bytes begin and end a string: a quote within one has a backslash before it.
  for (let key = bytes.indexOf('"data"'); key >= 0; key = bytes.indexOf('"data"', Math.max(key + 1, copied))) {
    if (lists.length === mostLists) break;
    const list = bytes[key - 1] === backslash ? undefined : reader.listAfter(key + 6);
    if (!list) continue;
    text += `${bytes.toString('utf8', copied, key)}"data":${mark + lists.length}`;
    copied = reader.at;
    lists.push(list);
    // Mostly nothing but brackets is left.
    if (bytes.length - copied < shortestList) break;
  }
  return { text: text + bytes.toString('utf8', copied), lists };
}

/**
 * Parses JSON whose lists of numbers are read by {@link readLists}.
 * @throws SyntaxError where the text is no JSON, Problem 400 where it is beyond a bound of {@link parseBounded}
 */
export function parseWithLists(bytes: Buffer, isSingle: boolean): ParsedText {
  const { text, lists } = readLists(bytes, isSingle);
  return { value: parseBounded(text), lists };
}

/** Returns the list for which a number stands in a parsed text; undefined for all other values. */
export function listAt(lists: readonly NumberList[], value: unknown): NumberList | undefined {
  return typeof value === 'number' ? lists[value - mark] : undefined;
}
