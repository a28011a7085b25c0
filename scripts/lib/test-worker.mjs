// Runs the tests of several files in one worker of ava: as ava takes only tests that are declared at once, they are
// recorded while the files are loaded. A file's name stands before the titles of its tests. They run one after the other,
// since those of different files may set the same settings of the process.
import { createRequire } from 'node:module';

// Not among what ava exports. Test files that are imported after this get what stands here.
const { refs } = createRequire(import.meta.url)('../../node_modules/ava/lib/worker/state.cjs');
const chain = refs.runnerChain;
const declarations = [];
let file = '';

/** `test.serial`, and what hangs on it: `test.serial.failing` and so on. */
const recorder = (declare) =>
  new Proxy(declare, {
    apply(target, self, [title, ...others]) {
      const named = typeof title === 'string' ? `${file} › ${title}` : title;
      declarations.push(() => Reflect.apply(target, self, [named, ...others]));
    },
    get(target, key) {
      if (key === 'macro' || key === 'meta') return chain[key];
      const value = key === 'serial' ? chain.serial : target[key];
      return typeof value === 'function' ? recorder(value) : value;
    },
  });

refs.runnerChain = recorder(chain.serial);

/** Paths are relative to the folder of compiled tests. */
export async function runTestsOf(paths) {
  for (const path of paths) {
    file = path.replace(/\.test\.js$/, '');
    try {
      await import(new URL(`../../build/dev/test/${path}`, import.meta.url).href);
    } catch (error) {
      // A failed test instead of the end of all.
      declarations.push(() => chain(`${path} is loaded`, () => Promise.reject(error)));
    }
  }
  for (const declare of declarations) declare();
}
