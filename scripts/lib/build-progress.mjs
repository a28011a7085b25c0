// Shows how far a compiler run is, from the lines that make or ninja print: "file 12 of 43, about 2 min left".
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * Reads one line of a build.
 * @returns {{ begun: string } | { done: number, of: number } | null} the source whose compilation begins (node-gyp's and
 *   CMake's makefiles), or how many steps are done and how many there are (ninja); null for any other line
 */
export function readBuildLine(line) {
  const ninja = line.match(/^\[(\d+)\/(\d+)\] (?:Building|Linking) /);
  if (ninja) return { done: Number(ninja[1]), of: Number(ninja[2]) };
  const gyp = line.match(/^\s*CXX\(target\) \S*?obj\.target\/[^/]+\/(\S+)\.o$/);
  if (gyp) return { begun: `${gyp[1]}.cc` };
  const cmake = line.match(/^\[ *\d+%\] Building CXX object \S*?CMakeFiles\/[^/]+\.dir\/(\S+)\.o$/);
  return cmake ? { begun: cmake[1] } : null;
}

/**
 * Seconds that one of two cores takes to compile a source, roughly, as measured with g++ 12. A file of kernels is compiled
 * once for each instruction set; those with products of matrices take by far the longest.
 */
export function secondsFor(source) {
  const text = readFileSync(join(root, source), 'utf8');
  if (text.includes('"math/slim_product-inl.h"')) return 35;
  if (/"(math\/(correlate|recurrence_backward)|layers\/recurrent|ops\/broadcast)-inl\.h"/.test(text)) return 14;
  return text.includes('math/foreach_target.h') ? 6 : 2;
}

/** "40 s" or "3 min": rounded up, since a guess that is too short annoys more than one that is too long. */
export function roughly(seconds) {
  return seconds < 55 ? `${Math.max(5, 5 * Math.ceil(seconds / 5))} s` : `${Math.ceil(seconds / 60)} min`;
}

/**
 * A display of a build's progress. On a terminal it rewrites one line; elsewhere it writes a line every 15 seconds.
 * @param {{ what: string, files: readonly { path: string, seconds: number }[], jobs: number,
 *   stream?: { isTTY?: boolean, write(text: string): unknown }, now?: () => number }} options - `what` is built from
 *   `files`, with `jobs` compilers at a time; `now` is a clock in milliseconds
 */
export function buildProgress({ what, files, jobs, stream = process.stderr, now = Date.now }) {
  const secondsOf = new Map(files.map(({ path, seconds }) => [path, seconds]));
  const whole = files.reduce((sum, { seconds }) => sum + seconds, 0);
  const begun = [];
  let started; // when the first line came: configuring comes before
  let doneBefore; // steps of ninja that were done by then
  let last = Number.NEGATIVE_INFINITY;
  let isDrawn = false;

  /** Seconds of work that are done, of what one compiler would take for all. */
  function workDone() {
    // None of the newest file, half of each that another compiler is at, all of those before.
    const share = (i) => (i === begun.length - 1 ? 0 : i > begun.length - 1 - jobs ? 0.5 : 1);
    return begun.reduce((sum, path, i) => sum + share(i) * (secondsOf.get(path) ?? 0), 0);
  }

  function secondsLeft(step) {
    const elapsed = (now() - started) / 1000;
    if ('done' in step) return (elapsed * (step.of - step.done)) / (step.done - doneBefore);
    // The pace so far, begun with a minute of work at the pace that is expected: the first files say little.
    const done = workDone();
    const pace = (done + 60) / (elapsed + 60 / jobs);
    return (whole - done) / pace;
  }

  function show(text) {
    const time = now();
    if (stream.isTTY) {
      stream.write(`\r\u001b[2K${text}`);
      isDrawn = true;
    } else if (time - last >= 15_000) {
      stream.write(`${text}\n`);
      last = time;
    }
  }

  function take(step) {
    started ??= now();
    doneBefore ??= step.done;
    if ('begun' in step) begun.push(step.begun);
    const [file, count] = 'done' in step ? [step.done, step.of] : [begun.length, Math.max(begun.length, files.length)];
    const left = secondsLeft(step);
    show(`blasnet: ${what}: file ${file} of ${count}${Number.isFinite(left) ? `, about ${roughly(left)} left` : ''}`);
  }

  return {
    /** Takes a line that the build printed. */
    line(text) {
      const step = readBuildLine(text);
      if (step) take(step);
    },
    /** Takes a source whose compilation begins. */
    begin(path) {
      take({ begun: path });
    },
    /** Takes how many files are done, of how many. */
    count(done, of) {
      take({ done, of });
    },
    /** Clears the line on a terminal. Call it when the build has ended, however it ended. */
    stop() {
      if (isDrawn) stream.write('\r\u001b[2K');
    },
  };
}
