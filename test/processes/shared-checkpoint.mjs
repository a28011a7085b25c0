// A run of eight epochs that may share its file. Usage: node shared-checkpoint.mjs FILE [EPOCH [new]]
// Goes on from FILE where it is there, unless it is to be new. Says 'paused' after that epoch, and waits for a line; at the end it says 'done',
// or what went wrong. Files are written after every other epoch, so that none is being written meanwhile.
import { existsSync, readSync } from 'node:fs';
import { NeuralNet } from 'blasnet';
import { setUp } from './common.mjs';

const [, , file, pauseAfter, isNew] = process.argv;
const { net: fresh, reader } = setUp({ sizes: [8, 16, 1], rows: 100, maxEpoch: 8, optimizer: 'adam', seed: 5 });
const net = existsSync(file) && isNew === undefined ? await NeuralNet.resume(file) : fresh;
try {
  await net.train(reader, {
    checkpointFile: file,
    checkpointEvery: 2,
    onCheckpoint: ({ epoch }) => {
      if (epoch !== Number(pauseAfter)) return;
      console.log('paused');
      readSync(0, Buffer.alloc(1));
    },
  });
  console.log('done');
} catch (error) {
  console.log(`${error.code} ${error.message}`);
}
