// Predictions of a fully connected net with float32 weights and with int8 ones, in turns, on one thread. Prints JSON: the
// microseconds of the calls of each, medians, and the signal to noise of the int8 net in dB.
import { ClassificationLayer, FullyConnectedLayer, HyperParameters, NeuralNet, setThreads, Tensor } from 'blasnet';

const [widths, rowCount, seconds] = process.argv.slice(2);
const sizes = widths!.split('-').map(Number);
const rows = Number(rowCount);

/** Numbers from 0 to 1, the same in each run. */
const pixels = (count: number) =>
  Tensor.from(
    Float32Array.from({ length: count * sizes[0]! }, (_, i) => Math.abs(Math.sin(i * i))),
    [count, sizes[0]!],
  );

function netOf(): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', seed: 1 }), 'net');
  for (const [i, outputs] of sizes.slice(1).entries()) {
    net.addLayer(new FullyConnectedLayer(outputs, i < sizes.length - 2 ? { activation: 'relu' } : {}), `fc${i + 1}`);
  }
  net.addLayer(new ClassificationLayer('softmax'), 'softmax');
  return net;
}

const middle = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

setThreads(1);
const net = netOf();
const { net: small, report } = await net.quantize(pixels(256));
const x = pixels(rows);
const times: [number[], number[]] = [[], []];
for (const one of [net, small]) for (let i = 0; i < 20; i++) one.inference(x);
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end; ) {
  for (const [i, one] of [net, small].entries()) {
    for (let call = 0; call < 10; call++) {
      const start = performance.now();
      one.inference(x);
      times[i as 0 | 1].push((performance.now() - start) * 1000);
    }
  }
}
console.log(
  JSON.stringify({
    float32: middle(times[0]),
    int8: middle(times[1]),
    signalToNoise: report.outputs.softmax!.signalToNoise,
  }),
);
