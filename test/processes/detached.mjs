// Memory that is transferred away in the middle of training, and kept by its new owner.
import { pause, setUp } from './common.mjs';

const { net, reader } = setUp({ sizes: [64, 256, 256, 1] });
const running = net.train(reader, { checkpoint: 1e6 }).catch(({ code, message }) => ({ code, message }));
await pause(30);
const { buffer } = process.argv[2] === 'weights' ? net.layers[0].weights.W.data : reader.xTrain.data;
const owner = structuredClone(buffer, { transfer: [buffer] });
console.log(JSON.stringify(await running));
void owner;
