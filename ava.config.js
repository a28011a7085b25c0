// Test files run in worker threads on purpose: that tests blasnet there, too.
export default {
  files: ['build/dev/test/**/*.test.js'],
  workerThreads: true,
  concurrency: 2,
  timeout: '5m',
};
