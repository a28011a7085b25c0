// @internal
import { badArgument } from '../../core/errors.js';
import type { CsvEncoding, CsvOptions } from '../csv-options.js';

/** How text is cut into cells. */
export interface Dialect {
  /** Undefined: a tab for .tsv, else found in the first line. */
  readonly delimiter?: string | undefined;
  readonly quote: string | false;
  readonly comment: string | undefined;
  readonly skipLines: number;
  readonly encoding?: CsvEncoding | undefined;
  readonly decimal?: '.' | ',' | undefined;
}

/**
 * The dialect that options give for one of the files.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for options that contradict each other
 */
export function dialectOf(options: CsvOptions, set: 'train' | 'test'): Dialect {
  const { delimiter, quote = '"', comment, skipLines = 0, encoding, decimal } = options;
  if (quote !== false && delimiter?.includes(quote)) throw badArgument('quote', 'no part of the delimiter', quote);
  const lines = typeof skipLines === 'number' ? skipLines : (skipLines[set] ?? 0);
  return { delimiter, quote, comment, skipLines: lines, encoding, decimal };
}

/**
 * The delimiter of a file. It is a comma by default. A file whose first line has no comma is cut at another delimiter in
 * that line; where commas are decimal marks, they are tried last.
 * @param start - the start of the file's text
 */
export function delimiterFor(path: string, { quote, comment, decimal, skipLines }: Dialect, start: string): string {
  const candidates = decimal === ',' ? [';', '\t', '|', ','] : [',', ';', '\t', '|'];
  const usual = /\.tsv(\.gz)?$/i.test(path) ? '\t' : candidates[0]!;
  const lines = start.split(/\r\n|\n|\r/).slice(skipLines);
  const line = lines.find((text) => text.trim() !== '' && !(comment !== undefined && text.startsWith(comment))) ?? '';
  const bare =
    quote === false ? line : line.replaceAll(new RegExp(`${escaped(quote)}.*?(${escaped(quote)}|$)`, 'g'), '');
  if (bare.includes(usual)) return usual;
  return candidates.find((candidate) => bare.includes(candidate)) ?? usual;
}

const escaped = (character: string) => character.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
