// Somebody tries to transfer memory away in the middle of training, and drops whatever that gives.
import { fingerprint, pause, setUp } from './common.mjs';

const [what] = process.argv.slice(2);
const { net, reader } = setUp({ sizes: [64, 256, 256, 1], maxEpoch: 40 });
const running = net.train(reader, { checkpoint: 1e6 });
if (what !== 'nothing') {
  const { buffer } = what === 'weights' ? net.layers[0].weights.W.data : reader.xTrain.data;
  for (let i = 0; i < 5; i++) {
    await pause(5);
    try {
      structuredClone(buffer, { transfer: [buffer] });
    } catch (error) {
      if (error.name !== 'DataCloneError') throw error;
    }
    globalThis.gc();
  }
}
await running;
console.log(fingerprint(net));
