// Heavy tests, in files called *.heavy.test.ts, run where BLASNET_TESTS=all is set (as `npm test -- --all` does) or where
// the command line names them.
const takesHeavy = process.env.BLASNET_TESTS === 'all' || process.argv.some((word) => word.includes('.heavy.test'));

export default {
  files: ['build/dev/test/**/*.test.js', ...(takesHeavy ? [] : ['!build/dev/test/**/*.heavy.test.js'])],
  // Test files run in worker threads on purpose: that tests blasnet there, too.
  workerThreads: true,
  concurrency: 2,
  // Against tests that hang. Long, since a machine with other work may take its time.
  timeout: '30m',
};
