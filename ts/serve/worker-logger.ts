import type { FastifyServerOptions } from 'fastify';
import { badArgument } from '../core/errors.js';

type Logger = NonNullable<FastifyServerOptions['logger']>;

/** A logger's options in a form that can be sent to a worker. */
export type LoggerChoice = boolean | { readonly options: object; readonly isForErrors: boolean };

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for options that another process cannot have, such as functions and streams */
export function loggerChoice(logger: Logger): LoggerChoice {
  if (typeof logger !== 'object') return logger;
  const { stream, ...options } = logger as { readonly stream?: unknown };
  const isKnown = stream === undefined || stream === process.stdout || stream === process.stderr;
  try {
    if (isKnown) return { options: structuredClone(options), isForErrors: stream === process.stderr };
  } catch {
    // Told below.
  }
  const expected = 'plain values, with process.stdout or process.stderr as stream, since there are several workers,';
  throw badArgument('logger', expected, logger);
}

/** Returns the option for Fastify in the worker. */
export function loggerOf(choice: LoggerChoice): Logger {
  if (typeof choice === 'boolean') return choice;
  return { ...choice.options, ...(choice.isForErrors && { stream: process.stderr }) };
}
