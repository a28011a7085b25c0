import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { writeTestGroups } from './scripts/lib/test-groups.mjs';

// Heavy tests, in files called *.heavy.test.ts, run where BLASNET_TESTS=all is set (as `npm test -- --all` does) or where
// the command line names them. With BLASNET_TESTS=quick (as `npm test` does), files share workers.
const isQuick = process.env.BLASNET_TESTS === 'quick';
const takesHeavy = process.env.BLASNET_TESTS === 'all' || process.argv.some((word) => word.includes('.heavy.test'));

// Tests run in worker threads. An addon that worker threads alone have loaded is unloaded when they end; resvg's leaves a
// function to be called at the end of each thread of Node's pool, which then is gone. So this process keeps it loaded
// (0x1000 is RTLD_NODELETE).
if (process.platform === 'linux') {
  const require = createRequire(import.meta.url);
  require('@resvg/resvg-js');
  const file = Object.keys(require.cache).find((path) => /resvgjs\.[^/]*\.node$/.test(path));
  if (file) process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY | 0x1000);
}

export default {
  files: isQuick
    ? writeTestGroups()
    : ['build/dev/test/**/*.test.js', ...(takesHeavy ? [] : ['!build/dev/test/**/*.heavy.test.js'])],
  // Test files run in worker threads on purpose: that tests blasnet there, too.
  workerThreads: true,
  concurrency: 2,
  // Against tests that hang. Long, since a machine with other work may take its time.
  timeout: '30m',
};
