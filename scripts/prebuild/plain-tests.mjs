// Runs compiled test files by Node.js alone, one test after another, where ava cannot run, such as under Wine.
// Usage: node scripts/prebuild/plain-tests.mjs <file with the results> <test file> …
import { appendFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [results, ...files] = process.argv.slice(2);
const ava = new URL('plain-ava.mjs', import.meta.url).href;
// Tests import ava by its name.
const hook = `export const resolve = (name, context, next) =>
  name === 'ava' ? { url: ${JSON.stringify(ava)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { runTests } = await import(ava);

writeFileSync(results, '');
const total = { passed: 0, failed: 0 };
for (const file of files) {
  let outcome;
  try {
    await import(pathToFileURL(resolve(file)).href);
    outcome = await runTests();
  } catch (error) {
    outcome = { passed: 0, failures: [['loading the file', error]] };
  }
  total.passed += outcome.passed;
  total.failed += outcome.failures.length;
  const lines = outcome.failures.map(([title, error]) => `  ${title}: ${error?.stack ?? error}`);
  appendFileSync(results, `${[`${file}: ${outcome.passed} passed`, ...lines].join('\n')}\n`);
}
appendFileSync(results, `${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed > 0 ? 1 : 0);
