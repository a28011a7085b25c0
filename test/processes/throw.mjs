// An exception that nobody catches, in the middle of training.
import { pause, setUp } from './common.mjs';

const { net, reader } = setUp({ sizes: [64, 256, 256, 1] });
void net.train(reader, { onProgress() {} });
await pause(30);
setTimeout(() => {
  throw new Error('nobody catches this');
});
