import { text } from 'node:stream/consumers';
import { badFile, readFileBytes } from '../../core/files.js';

/** Tells whether rows come as JSON: from the standard input, or a file of that name. */
export const isJson = (path: string) => path === '-' || /\.(json|jsonl|ndjson)$/i.test(path);

/**
 * Reads rows from JSON: one array of them, or one row a line.
 * @param path - `-`: the standard input
 * @throws BlasnetError `ERR_BAD_FILE` for other contents
 */
export async function jsonRows(path: string): Promise<readonly unknown[]> {
  const where = path === '-' ? 'the standard input' : `'${path}'`;
  const content =
    path === '-' ? await text(process.stdin) : new TextDecoder().decode(await readFileBytes(path, 'JSON'));
  const value = parsed(content, where);
  return isRow(value) ? [value] : (value as readonly unknown[]);
}

function parsed(content: string, where: string): unknown {
  try {
    return requireRows(JSON.parse(content), where);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const lines = content.split('\n').filter((line) => line.trim() !== '');
    // The first line of a document of several lines is no JSON by itself, unlike the first of several rows.
    if (lines.length < 2 || !isJsonText(lines[0]!)) throw badFile(where, 'JSON', cause.message, cause);
    return lines.map((line, i) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        throw badFile(`row ${i + 1} of ${where}`, 'JSON', (error as Error).message, error);
      }
    });
  }
}

function requireRows(value: unknown, where: string): unknown {
  if (typeof value !== 'object' || value === null) throw badFile(where, 'rows, as objects or arrays', String(value));
  return value;
}

/** Tells whether the document is a single row: an object, or an array of cells. */
function isRow(value: unknown): boolean {
  return (
    !Array.isArray(value) || (value.length > 0 && value.every((cell) => typeof cell !== 'object' || cell === null))
  );
}

function isJsonText(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
