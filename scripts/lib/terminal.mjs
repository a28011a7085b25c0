import { openSync } from 'node:fs';
import { WriteStream } from 'node:tty';

/**
 * Where progress is shown: stderr, or the terminal itself where npm holds back what its scripts print, which it does for
 * packages that it installs.
 */
export function terminal() {
  if (process.stderr.isTTY) return process.stderr;
  try {
    return new WriteStream(openSync('/dev/tty', 'w'));
  } catch {
    return process.stderr; // there is no terminal
  }
}
