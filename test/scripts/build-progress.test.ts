import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
interface Module {
  readBuildLine(line: string): unknown;
  roughly(seconds: number): string;
  secondsFor(source: string): number;
  buildProgress(options: {
    readonly what: string;
    readonly files: readonly { readonly path: string; readonly seconds: number }[];
    readonly jobs: number;
    readonly stream: Stream;
    readonly now: () => number;
  }): { line(text: string): void; begin(path: string): void; count(done: number, of: number): void; stop(): void };
}
const { readBuildLine, roughly, secondsFor, buildProgress } = (await import(
  pathToFileURL(resolve('scripts/lib/build-progress.mjs')).href
)) as Module;

test('lines of node-gyp, of CMake with make and of ninja are read; others are not', (t) => {
  const cases: [string, unknown][] = [
    ['  CXX(target) Release/obj.target/blasnet/native/addon.o', { begun: 'native/addon.cc' }],
    ['  CXX(target) Release/obj.target/blasnet/native/core/pool.o', { begun: 'native/core/pool.cc' }],
    ['[ 12%] Building CXX object CMakeFiles/blasnet_core.dir/native/math/gemm.cc.o', { begun: 'native/math/gemm.cc' }],
    ['[3/43] Building CXX object CMakeFiles/blasnet_core.dir/native/math/gemm.cc.o', { done: 3, of: 43 }],
    ['[43/43] Linking CXX shared module Release/blasnet.node', { done: 43, of: 43 }],
    ['[0/2] Re-checking globbed directories...', null],
    ['  SOLINK_MODULE(target) Release/obj.target/blasnet.node', null],
    ['  COPY Release/blasnet.node', null],
    ['[100%] Built target blasnet', null],
    ["make: Entering directory '/somewhere/build'", null],
    ['gyp info spawn make', null],
    ['', null],
  ];
  for (const [line, expected] of cases) t.deepEqual(readBuildLine(line), expected, line);
});

test('times are rounded up', (t) => {
  const cases: [number, string][] = [
    [0, '5 s'],
    [5, '5 s'],
    [41, '45 s'],
    [54, '55 s'],
    [55, '1 min'],
    [61, '2 min'],
    [200, '4 min'],
  ];
  for (const [seconds, text] of cases) t.is(roughly(seconds), text);
});

test('a file of kernels, which is compiled for each instruction set, counts for more', (t) => {
  t.true(secondsFor('native/math/gemm.cc') < secondsFor('native/layers/convolution.cc'));
});

/** A stream and a clock of the test's own. */
function recorder(isTTY: boolean) {
  const written: string[] = [];
  let time = 1000;
  return {
    written,
    stream: { isTTY, write: (text: string) => written.push(text) },
    now: () => time,
    pass: (seconds: number) => {
      time += 1000 * seconds;
    },
  };
}

const files = ['a', 'b', 'c', 'd'].map((name) => ({ path: `native/${name}.cc`, seconds: 30 }));
const begun = (name: string) => `  CXX(target) Release/obj.target/blasnet/native/${name}.o`;

test('without a terminal: a line now and then, whose guess follows what the machine has shown', (t) => {
  const { written, stream, now, pass } = recorder(false);
  const progress = buildProgress({ what: 'building', files, jobs: 2, stream, now });
  progress.line('gyp info it worked if it ends with ok');
  progress.line(begun('a')); // a guess: four files of 30 s by two compilers
  progress.line(begun('b'));
  pass(14.9);
  progress.line('  something else');
  pass(45.1);
  progress.line(begun('c')); // 45 s of work in 60 s, where 120 s were expected: 75 s of work will take longer, too
  pass(14);
  progress.line(begun('d')); // not so soon after the other
  progress.stop();
  t.deepEqual(written, [
    'blasnet: building: file 1 of 4, about 1 min left\n',
    'blasnet: building: file 3 of 4, about 2 min left\n',
  ]);
});

test('on a terminal: one line, rewritten, and removed at the end', (t) => {
  const { written, stream, now, pass } = recorder(true);
  const progress = buildProgress({ what: 'building', files: [], jobs: 2, stream, now });
  progress.line('[0/2] Re-checking globbed directories...');
  pass(500); // to configure
  progress.line('[1/41] Building CXX object CMakeFiles/x.dir/native/a.cc.o');
  pass(30);
  progress.line('[11/41] Building CXX object CMakeFiles/x.dir/native/b.cc.o');
  progress.line('native/a.cc:1:2: warning: something');
  pass(30);
  progress.line('[31/41] Building CXX object CMakeFiles/x.dir/native/c.cc.o');
  progress.stop();
  const clear = '\r\u001b[2K';
  t.deepEqual(written, [
    `${clear}blasnet: building: file 1 of 41`,
    `${clear}blasnet: building: file 11 of 41, about 2 min left`,
    `${clear}blasnet: building: file 31 of 41, about 20 s left`,
    clear,
  ]);
});

test('more files than were expected are counted on', (t) => {
  const { written, stream, now } = recorder(true);
  const progress = buildProgress({ what: 'building', files: files.slice(0, 1), jobs: 2, stream, now });
  for (const name of ['a', 'x', 'y']) progress.line(begun(name));
  t.regex(written.at(-1)!, /file 3 of 3, about \d+ s left$/);
});

test('a build that prints nothing shows nothing', (t) => {
  const { written, stream, now } = recorder(true);
  buildProgress({ what: 'building', files, jobs: 2, stream, now }).stop();
  t.deepEqual(written, []);
});

test('a builder that compiles by itself says what begins, or how much is done', (t) => {
  const { written, stream, now, pass } = recorder(true);
  const compiling = buildProgress({ what: 'compiling', files, jobs: 2, stream, now });
  for (const path of ['native/b.cc', 'native/a.cc']) compiling.begin(path);
  t.regex(written.at(-1)!, /compiling: file 2 of 4, about \d/);
  const counting = buildProgress({ what: 'counting', files: [], jobs: 1, stream, now });
  counting.count(0, 300);
  pass(100);
  counting.count(100, 300);
  t.regex(written.at(-1)!, /counting: file 100 of 300, about 4 min left$/);
});
