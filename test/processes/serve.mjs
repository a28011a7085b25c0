// Serves a net that takes 300 ms for a batch, prints the URL, and closes on a signal. Usage: serve.mjs [drainMs [batchMs]]
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { closeOnSignals, startServer } from 'blasnet/serve';

const [drainMs, batchMs] = [process.argv[2] ?? 10_000, process.argv[3] ?? 300].map(Number);

class SlowNet extends NeuralNet {
  async predict(rows) {
    const prediction = await super.predict(rows);
    await new Promise((resolve) => setTimeout(resolve, batchMs));
    return prediction;
  }
}

const net = new SlowNet(new HyperParameters({ netType: 'fitting' }), 'slow');
net.addLayer(new FullyConnectedLayer(1, 1), 'fc').getLayer('fc').setWeights({ W: Tensor.from([[2]]) });
const server = await startServer({ models: [{ name: 'm', net }], port: 0, maxBatch: 4, drainMs });
closeOnSignals(server);
console.log(server.url);
