// process.exit in the middle of training, after so many milliseconds as the argument says.
import { pause, setUp } from './common.mjs';

const { net, reader } = setUp({ sizes: [64, 256, 256, 1] });
void net.train(reader, { onProgress() {} });
await pause(Number(process.argv[2]));
process.exit(3);
