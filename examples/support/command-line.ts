import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The options of a program as they were given, or an exit that says what was wrong.
 * @param options - as parseArgs takes them
 */
export function commandLine<const Known extends Options>(
  options: Known,
): ReturnType<typeof parseArgs<{ options: Known }>>['values'] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      usageError(error.message);
    }
    throw error;
  }
}

/** A numeric option, or an exit that says what was wrong. */
export function numberOption(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    usageError(`Expected a number ≥ 0 for --${name} but received '${text}'`);
  }
  return value;
}

/** Ends the program over a wrong option. */
export function usageError(message: string): never {
  console.error(message);
  process.exit(2);
}

/** A signal that aborts at the first Ctrl-C, so that training ends cleanly; the process then exits with code 130. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    process.exitCode = 130;
    controller.abort(new Error('interrupted'));
  });
  return controller.signal;
}

/**
 * The options of a program that are all numbers, with their defaults: `{ epochs: 1000 }` reads `--epochs 10`.
 */
export function numberOptions<Name extends string>(defaults: Readonly<Record<Name, number>>): Record<Name, number> {
  const entries = Object.entries<number>(defaults);
  const values = commandLine(Object.fromEntries(entries.map(([name]) => [name, { type: 'string' as const }])));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, values[name] === undefined ? value : numberOption(name, values[name])]),
  ) as Record<Name, number>;
}
