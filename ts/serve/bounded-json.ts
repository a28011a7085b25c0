import { Problem } from './problem.js';

/**
 * Limits of JSON that is parsed, each well above what requests need. They bound the time that JSON.parse takes: small
 * objects with different keys, deep lists and many keys take it a hundred times as long as a string of the same bytes.
 */
export const jsonBounds = { depth: 32, lists: 2 ** 17, objects: 2 ** 14, keys: 2 ** 16 } as const;

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Parses JSON after it has been checked against {@link jsonBounds}.
 * @throws Problem 400 for JSON beyond a bound, before it is parsed; SyntaxError where the text is no JSON
 */
export function parseBounded(text: string): unknown {
  requireBounds(text);
  return JSON.parse(text);
}

function requireBounds(text: string): void {
  const { length } = text;
  let depth = 0;
  let lists = 0;
  let objects = 0;
  let keys = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === colon) {
      if (++keys > jsonBounds.keys) throw tooMuch(`${jsonBounds.keys} keys`);
    } else if (code === closeList || code === closeObject) depth--;
    else if (code === openList || code === openObject) {
      if (++depth > jsonBounds.depth) throw tooMuch(`${jsonBounds.depth} lists and objects within each other`);
      if (code === openList && ++lists > jsonBounds.lists) throw tooMuch(`${jsonBounds.lists} lists`);
      if (code === openObject && ++objects > jsonBounds.objects) throw tooMuch(`${jsonBounds.objects} objects`);
    }
  }
}

/** Returns where the string that begins at a quote ends; the text's length where it does not end. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before--;
    // An even number of backslashes escapes itself only.
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}

const tooMuch = (most: string) => new Problem(400, `Expected at most ${most} for the JSON but received more`);
