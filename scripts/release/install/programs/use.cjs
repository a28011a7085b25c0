// A program of the older kind: `require`, and a prediction by the net that use.mjs saved. Prints one line of JSON.
const { NeuralNet, Tensor } = require('blasnet');

async function run() {
  const net = await NeuralNet.load('sine.safetensors');
  const { outputs } = await net.predict(Tensor.from([[1], [2], [5]]));
  console.log(JSON.stringify({ predicted: outputs.toArray().flat() }));
}
run();
