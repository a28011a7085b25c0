// Counts the tests of a run of doctest or ava: from what they print, held against how they ended.
import { stripVTControlCharacters } from 'node:util';

const numberIn = (text, pattern) => Number(text.match(pattern)?.[1] ?? 0);

/** A run that ended badly without naming a failure (a crash, say), or that ran nothing, counts as one failure. */
function settle({ passed, failed }, exitCode) {
  const silent = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: silent ? 1 : failed };
}

/** @returns {{ passed: number, failed: number }} test cases */
export function countDoctest(output, exitCode) {
  const text = stripVTControlCharacters(output);
  const passed = numberIn(text, /test cases:.*?(\d+) passed/);
  const failed = numberIn(text, /test cases:.*?(\d+) failed/);
  return settle({ passed, failed }, exitCode);
}

/**
 * ava leaves the passed tests out of its summary where others failed, so they are counted by their lines. Uncaught
 * exceptions, failed hooks, timeouts, and files that ended early or hold no test count as failures.
 * @returns {{ passed: number, failed: number }}
 */
export function countAva(output, exitCode) {
  const lines = stripVTControlCharacters(output).split('\n');
  const total = (pattern) => lines.reduce((sum, line) => sum + numberIn(line, pattern), 0);
  const linesLike = (pattern) => lines.filter((line) => pattern.test(line)).length;
  const failed =
    total(/^\s*(\d+) (?:tests?|hooks?) failed/) +
    total(/^\s*(\d+) (?:uncaught exceptions?|unhandled rejections?)$/) +
    total(/^\s*(\d+) tests? remained pending after a timeout/) +
    total(/^\s*[✘×] (\d+) tests? remaining in /) +
    linesLike(/^\s*[✘×] (?:No tests found in|.* exited (?:due to|with a non-zero))/) +
    linesLike(/^\s*Failed to exit when running /);
  const passed = total(/^\s*(\d+) tests? passed/) || linesLike(/^\s*[✔√] /);
  return settle({ passed, failed }, exitCode);
}
