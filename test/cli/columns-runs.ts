export const quick = ['-e', '1', '--no-charts', '-q'];

/** The words of a line as a shell takes them. */
export const words = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);

/** The options that a message says are to be added. */
export const advised = (errors: string) => words(errors.match(/^Add to the command: (.*)$/m)![1]!);
