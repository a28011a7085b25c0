// What a user does first: train a net, predict, save it, load it. Prints one line of JSON.
import {
  ActivationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  Tensor,
  versions,
} from 'blasnet';

// A function, since bundles in the format of CommonJS cannot await at their top.
async function run() {
  const x = Array.from({ length: 400 }, (_, i) => [(2 * Math.PI * i) / 400]);
  const y = x.map(([angle]) => [Math.sin(angle)]);
  const reader = DataReader.fromTensors({ xTrain: Tensor.from(x), yTrain: Tensor.from(y) });
  reader.normalizeX();
  reader.normalizeY('fitting');
  const stopper = { condition: 'stopLoss', value: 1e-4 };
  const params = new HyperParameters({
    netType: 'fitting',
    learningRate: 0.8,
    batchSize: 10,
    maxEpoch: 400,
    seed: 7,
    stopper,
  });
  const net = new NeuralNet(params, 'sine');
  net.addLayer(new FullyConnectedLayer(1, 16));
  net.addLayer(new ActivationLayer('gelu'));
  net.addLayer(new FullyConnectedLayer(16, 1));
  const { stopReason, iterations } = await net.train(reader);
  const answers = async (one) => (await one.predict(Tensor.from([[1], [2], [5]]))).outputs.toArray().flat();
  const predicted = await answers(net);
  [1, 2, 5].forEach((angle, i) => {
    if (Math.abs(predicted[i] - Math.sin(angle)) > 0.1) throw new Error(`sin ${angle} became ${predicted[i]}`);
  });
  await net.save('sine.safetensors');
  const loaded = await answers(await NeuralNet.load('sine.safetensors'));
  if (loaded.join() !== predicted.join()) throw new Error(`the loaded net says ${loaded} instead of ${predicted}`);
  console.log(JSON.stringify({ stopReason, iterations, predicted, ...versions }));
}
run();
