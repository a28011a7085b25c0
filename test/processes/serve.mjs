// Serves a net that computes no batch before a signal has come, and then takes batchMs for each; with batchMs 0 it computes
// at once. Prints the URL, and closes on a signal. Usage: serve.mjs [drainMs [batchMs]]
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { closeOnSignals, startServer } from 'blasnet/serve';
import { pause } from './common.mjs';

const [drainMs, batchMs] = [process.argv[2] ?? 600_000, process.argv[3] ?? 300].map(Number);

const signalled = new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
});

let isServing = false; // a server tries its nets before it begins

class SlowNet extends NeuralNet {
  async predict(rows) {
    const prediction = await super.predict(rows);
    if (batchMs === 0 || !isServing) return prediction;
    await signalled;
    await pause(batchMs);
    return prediction;
  }
}

const net = new SlowNet(new HyperParameters({ netType: 'fitting' }), 'slow');
net.addLayer(new FullyConnectedLayer(1, 1), 'fc').getLayer('fc').setWeights({ W: Tensor.from([[2]]) });
const server = await startServer({ models: [{ name: 'm', net }], port: 0, maxBatch: 4, drainMs });
isServing = true;
closeOnSignals(server);
console.log(server.url);
