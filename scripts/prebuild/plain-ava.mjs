// As much of ava as the tests use, for plain-tests.mjs.
import assert from 'node:assert/strict';

let tests = [];
const hooks = { before: [], after: [] };

/** Runs the tests that the imported files have defined since the last call. */
export async function runTests() {
  const due = tests;
  tests = [];
  const failures = [];
  const attempt = async (title, work) => {
    try {
      await work();
    } catch (error) {
      failures.push([title, error]);
    }
  };
  for (const { run } of hooks.before.splice(0)) await attempt('before', () => runOne(run, []));
  for (const { title, run, args } of due) {
    console.error(title); // shows which one never ends
    await attempt(title, () => runOne(run, args));
  }
  for (const { run } of hooks.after.splice(0)) await attempt('after', () => runOne(run, []));
  return { passed: due.length - failures.length, failures };
}

async function runOne(run, args) {
  const teardowns = [];
  try {
    await run(contextOf(teardowns), ...args);
  } finally {
    for (const teardown of teardowns.reverse()) await teardown();
  }
}

function contextOf(teardowns) {
  const context = {
    title: '',
    teardown: (work) => teardowns.push(work),
    timeout() {},
    log() {},
    pass() {},
    fail: (message) => assert.fail(message),
    is: (received, expected, message) =>
      assert.ok(Object.is(received, expected), message ?? `${received} is not ${expected}`),
    not: (received, expected, message) => assert.ok(!Object.is(received, expected), message),
    true: (value, message) => assert.equal(value, true, message),
    false: (value, message) => assert.equal(value, false, message),
    truthy: (value, message) => assert.ok(value, message),
    falsy: (value, message) => assert.ok(!value, message),
    deepEqual: (received, expected, message) => assert.deepEqual(received, expected, message),
    notDeepEqual: (received, expected, message) => assert.notDeepEqual(received, expected, message),
    like: (received, expected) => assert.deepEqual(likeness(received, expected), expected),
    regex: (text, pattern, message) => assert.match(text, pattern, message),
    notRegex: (text, pattern, message) => assert.doesNotMatch(text, pattern, message),
    throws: (work, expected) => {
      let result;
      try {
        result = work();
      } catch (error) {
        return checked(error, expected);
      }
      return assert.fail(`Expected an error but received ${result}`);
    },
    throwsAsync: async (work, expected) => {
      let result;
      try {
        result = await (typeof work === 'function' ? work() : work);
      } catch (error) {
        return checked(error, expected);
      }
      return assert.fail(`Expected an error but received ${result}`);
    },
    notThrows: (work) => work(),
    notThrowsAsync: async (work) => await (typeof work === 'function' ? work() : work),
  };
  return context;
}

/** The error, after a look at it. */
function checked(error, expected = {}) {
  if (expected.instanceOf) assert.ok(error instanceof expected.instanceOf, `another class of error: ${error}`);
  if (expected.code !== undefined) assert.equal(error.code, expected.code);
  if (expected.name !== undefined) assert.equal(error.name, expected.name);
  const { message } = expected;
  if (typeof message === 'string') assert.equal(error.message, message);
  else if (typeof message === 'function') assert.ok(message(error.message), error.message);
  else if (message) assert.match(error.message, message);
  return error;
}

/** As much of a value as the expected one has. */
function likeness(received, expected) {
  if (typeof expected !== 'object' || expected === null || typeof received !== 'object' || received === null)
    return received;
  if (Array.isArray(expected)) return expected.map((value, i) => likeness(received[i], value));
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, likeness(received[key], value)]));
}

/** Defines a test: with a title, or by a macro that makes one. */
function define(...words) {
  const title = typeof words[0] === 'string' ? words.shift() : undefined;
  const [work, ...args] = words;
  const macro = typeof work === 'function' ? { exec: work, title: work.title } : work;
  tests.push({ title: macro.title?.(title, ...args) ?? title, run: macro.exec, args });
}

export default Object.assign(define, {
  serial: define,
  skip() {},
  macro: (macro) => (typeof macro === 'function' ? { exec: macro } : macro),
  before: Object.assign((run) => hooks.before.push({ run }), { always: (run) => hooks.before.push({ run }) }),
  after: Object.assign((run) => hooks.after.push({ run }), { always: (run) => hooks.after.push({ run }) }),
});
