import {
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  type Layer,
  NeuralNet,
  timeSeriesFromCsv,
  timeSeriesWindows,
} from 'blasnet';

const hours = Array.from({ length: 60 }, (_, hour) => hour);

/** A series that is known to tests. */
export const series = {
  load: hours.map((hour) => 50 + 10 * Math.sin(hour / 4) + hour / 10),
  heat: hours.map((hour) => 2000 + 500 * Math.cos(hour / 4)),
};

const params = () => new HyperParameters({ netType: 'fitting', maxEpoch: 2, optimizer: 'adam', seed: 3 });

/** A net that forecasts three hours of load and heat from eight hours of both. */
export async function seriesNet(layer: Layer = new GruLayer(5)): Promise<NeuralNet> {
  const reader = timeSeriesWindows(series, { length: 8, horizon: 3, target: ['load', 'heat'] });
  const net = new NeuralNet(params(), 'load').addLayer(layer).addLayer(new FullyConnectedLayer(6));
  await net.train(reader, { progress: false });
  return net;
}

/** A net that forecasts two hours of load from six, of a file whose columns are time, load and holiday. */
export async function holidaysNet(path: string): Promise<NeuralNet> {
  const reader = await timeSeriesFromCsv(path, {
    length: 6,
    horizon: 2,
    target: 'load',
    time: 'time',
    categorical: { holiday: 'oneHot' },
  });
  const net = new NeuralNet(params(), 'holidays').addLayer(new GruLayer(4)).addLayer(new FullyConnectedLayer(2));
  await net.train(reader, { progress: false });
  return net;
}

/** Rows of such a file: an hour each. */
export const holidayRows = series.load
  .slice(0, 48)
  .map(
    (value, i) =>
      `2025-01-0${1 + Math.floor(i / 24)}T${String(i % 24).padStart(2, '0')}:00,${value},${i % 3 ? 'no' : 'yes'}`,
  );
