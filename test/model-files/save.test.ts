import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  HyperParameters,
  type Layer,
  MaxPoolLayer,
  NeuralNet,
  Parameter,
  readSafetensors,
  registerLayer,
  Tensor,
  writeSafetensors,
} from 'blasnet';
import { readCsv } from '../support/csv.js';
import { badArgument, badFile, busy, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { classifier, fittingNet, fittingReader, PassingLayer, rowsOfNumbers, weightsOf } from '../support/nets.js';
import { plainParse, safetensorsFile } from '../support/safetensors.js';

/** A net with layers of many kinds. */
function imageNet(dtype: 'float32' | 'float64'): NeuralNet {
  const net = new NeuralNet(
    new HyperParameters({
      netType: 'multipleClassifier',
      dtype,
      initMethod: { name: 'msra', distribution: 'uniform' },
      optimizer: { name: 'adam', beta1: 0.8 },
      learningRateSchedule: { kind: 'cosine', length: 3 },
      seed: 5,
    }),
    'an "image" net',
  );
  return net
    .addLayer(new ConvLayer({ inputShape: [2, 6, 6], filters: 4, kernelSize: 3, padding: 'same', groups: 2 }), 'conv')
    .addLayer(new BatchNormLayer(4, { momentum: 0.8 }), 'norm.1')
    .addLayer(new ActivationLayer({ name: 'elu', alpha: 0.5 }), 'elu')
    .addLayer(new MaxPoolLayer({ inputShape: [4, 6, 6], poolSize: 2 }), 'pool')
    .addLayer(new GlobalAveragePoolLayer({ inputShape: [4, 3, 3] }), 'mean')
    .addLayer(new DropoutLayer(0.3), 'drop')
    .addLayer(new FullyConnectedLayer(4, 3), 'fc')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
}

for (const dtype of ['float32', 'float64'] as const) {
  test(`save, then load: the same net, ${dtype}`, async (t) => {
    const file = `${await temporaryFolder(t)}/model.safetensors`;
    const net = imageNet(dtype);
    const x = rowsOfNumbers(7, 72).clone(dtype).reshape([7, 2, 6, 6]);
    const y = Tensor.from(
      Array.from({ length: 7 }, (_, i) => [0, 1, 2].map((c) => Number(c === i % 3))),
      undefined,
      dtype,
    );
    net.trainOnBatch(x, y); // moves the running statistics
    await net.save(file);
    const loaded = await NeuralNet.load(file);
    t.is(loaded.name, net.name);
    t.deepEqual({ ...loaded.params }, { ...net.params });
    t.deepEqual(
      loaded.layers.map(({ config }) => config),
      net.layers.map(({ config }) => config),
    );
    t.is(loaded.getLayer('norm.1'), loaded.layers[1]!);
    t.deepEqual(weightsOf(loaded), weightsOf(net));
    t.deepEqual(loaded.inference(x).data, net.inference(x).data);
    t.is(loaded.preparation, undefined);
    // Initial values are those of the net's seed, as ever.
    const folder = await temporaryFolder(t);
    await loaded.saveInitialValues(folder);
    const fresh = imageNet(dtype);
    await fresh.loadWeights(folder);
    t.deepEqual(weightsOf(fresh), weightsOf(imageNet(dtype)));
  });
}

test('the file follows the published format, and says what it holds', async (t) => {
  const file = `${await temporaryFolder(t)}/model.safetensors`;
  const net = classifier(2, 3);
  net.preparation = { inputShape: [2], classes: ['a', 'b', 'ü'] };
  await net.save(file);
  const { metadata, tensors } = plainParse(await readFile(file));
  t.deepEqual([...tensors.keys()], ['fc1.W', 'fc1.B']);
  t.deepEqual(tensors.get('fc1.W')!.shape, [2, 3]);
  t.is(metadata.format, 'blasnet');
  t.is(metadata.formatVersion, '2');
  t.is(metadata.name, 'classifier');
  t.deepEqual(JSON.parse(metadata.layers!), [
    { name: 'fc1', config: { type: 'FullyConnectedLayer', inputs: 2, outputs: 3 } },
    { name: 'softmax', config: { type: 'ClassificationLayer', kind: 'softmax' } },
  ]);
  t.is(JSON.parse(metadata.hyperParameters!).netType, 'multipleClassifier');
  t.deepEqual(JSON.parse(metadata.preparation!), { inputShape: [2], classes: ['a', 'b', 'ü'] });
});

test('a loaded net predicts from raw rows', async (t) => {
  const file = `${await temporaryFolder(t)}/model.safetensors`;
  const reader = await readCsv(t, {
    train: 'age,color,kind\n17,red,x\n30,blue,y\n?,blue,x\n1,red,y\n',
    label: 'kind',
    categorical: { color: 'oneHot' },
    missing: { age: 'mean' },
  });
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const net = classifier(3, 2, { maxEpoch: 3 });
  await net.train(reader);
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.preparation, net.preparation);
  const rows = [
    { age: 20, color: 'blue' },
    { age: '', color: 'red' },
    { age: '?', color: 'red' },
  ];
  const [expected, found] = [await net.predict(rows), await loaded.predict(rows)];
  t.deepEqual(found.outputs.data, expected.outputs.data);
  t.deepEqual(found.classes, expected.classes);
  t.true(found.classes!.every((name) => name === 'x' || name === 'y'));
});

test('a loaded net can be trained further', async (t) => {
  const file = `${await temporaryFolder(t)}/model.safetensors`;
  const net = fittingNet([3, 4, 1], { maxEpoch: 2 });
  await net.train(fittingReader(64, 3));
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  const before = weightsOf(loaded);
  const history = await loaded.train(fittingReader(64, 3));
  t.is(history.records.length, 2);
  t.notDeepEqual(weightsOf(loaded), before);
});

test('a net that Python wrote', async (t) => {
  const net = await NeuralNet.load('test/fixtures/safetensors/net.safetensors');
  t.is(net.name, 'from Python');
  t.deepEqual((await net.predict(Tensor.from([[1, 4]]))).outputs.toArray(), [[125]]);
});

test('the file is replaced as a whole, and its permissions stay', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/model.safetensors`;
  await writeFile(file, 'old');
  await chmod(file, 0o640);
  const net = classifier(2, 3);
  const saving = net.save(file);
  t.throws(() => net.inference(Tensor.zeros([1, 2])), busy(/save/));
  await saving;
  t.is((await stat(file)).mode & 0o777, 0o640);
  t.deepEqual(await readdir(folder), ['model.safetensors']);
  await t.throwsAsync(net.save(`${file}/x`), badFile(/a writable file/));
  await net.save(`${folder}/new/folder/x`);
  await t.notThrowsAsync(NeuralNet.load(`${folder}/new/folder/x`));
  await t.throwsAsync(net.save(untyped(undefined)), badArgument(/the name of a file/));
});

class Registered extends PassingLayer {
  override get config() {
    return { type: 'Registered' };
  }
}
registerLayer('Registered', () => new Registered());

class Subclass extends FullyConnectedLayer {}

test('layers of your own', async (t) => {
  const file = `${await temporaryFolder(t)}/model.safetensors`;
  const netWith = (layer: Layer) => fittingNet([2, 2]).addLayer(layer, 'mine');
  await netWith(new Registered()).save(file);
  t.true((await NeuralNet.load(file)).getLayer('mine') instanceof Registered);
  await t.throwsAsync(
    netWith(new PassingLayer()).save(file),
    badArgument(/a class with a config that is known to registerLayer for layer 'mine' but received 'PassingLayer'/),
  );
  await t.throwsAsync(
    netWith(new Subclass(2, 1)).save(file),
    badArgument(/a config of its class Subclass for layer 'mine'/),
  );
  t.true((await NeuralNet.load(file)).getLayer('mine') instanceof Registered);
});

class Dotted extends Registered {
  override get config() {
    return { type: 'Dotted' };
  }
  protected override createParameters() {
    return [new Parameter('b.W', 'w', [1], 'float32')];
  }
}
registerLayer('Dotted', () => new Dotted());

test('names that meet when joined', async (t) => {
  const net = fittingNet([2, 2]).addLayer(new Dotted(), 'a').addLayer(new FullyConnectedLayer(2, 2), 'a.b');
  const file = `${await temporaryFolder(t)}/x`;
  await t.throwsAsync(net.save(file), badArgument(/names that differ when joined by a dot .* received 'a.b.W'/));
});

test('parameters of a layer that does not tell their shapes', async (t) => {
  const file = `${await temporaryFolder(t)}/x`;
  const net = fittingNet([2, 2]).addLayer(new Dotted(), 'a');
  net.getLayer('a').setWeights({ 'b.W': Tensor.from([3]) });
  await net.save(file);
  t.deepEqual(weightsOf(await NeuralNet.load(file)), weightsOf(net));
});

/** A file of a small net, with other metadata or tensors, of format version 1, which needs no checksums. */
async function changed(
  path: string,
  texts: Readonly<Record<string, string | undefined>>,
  tensors: Readonly<Record<string, Tensor | undefined>> = {},
): Promise<string> {
  const net = classifier(2, 3);
  await net.save(path);
  const { metadata } = plainParse(await readFile(path));
  const all = { 'fc1.W': net.getLayer('fc1').weights.W, 'fc1.B': net.getLayer('fc1').weights.B, ...tensors };
  const present = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
      [name: string]: Exclude<Value, undefined>;
    };
  const unsigned = { formatVersion: '1', checksum: undefined, checksums: undefined };
  await writeSafetensors(path, present(all), present({ ...metadata, ...unsigned, ...texts }));
  return path;
}

const fc = (config: object) => JSON.stringify([{ name: 'fc1', config: { type: 'FullyConnectedLayer', ...config } }]);

const graph = (...steps: readonly object[]) =>
  JSON.stringify({ inputs: [{ name: '', dtype: 'float32' }], steps, outputs: [{ name: 'fc1', value: steps.length }] });

const strange: readonly (readonly [Parameters<typeof changed>[1], Parameters<typeof changed>[2], RegExp])[] = [
  [{ format: 'pt' }, {}, /a net that blasnet saved in '.*' but received a safetensors file of other tensors/],
  [{ format: undefined }, {}, /a net that blasnet saved/],
  [{ formatVersion: '2' }, {}, /metadata with 'checksum' in .* but received none/],
  [{ formatVersion: '3' }, {}, /format version 1 or 2, which this blasnet reads, in .* but received 3/],
  [{ name: undefined }, {}, /metadata with 'name'/],
  [{ layers: undefined }, {}, /metadata with 'layers'/],
  [{ layers: '[' }, {}, /JSON in 'layers'/],
  [{ layers: '{}' }, {}, /a list in 'layers'/],
  [{ layers: '[null]' }, {}, /\{ name, config \} for each in 'layers'/],
  [{ layers: '[{"name":"a"}]' }, {}, /a net that can be made again in .* the config of a layer/],
  [{ layers: '[{"name":"a","config":{"type":"Unknown"}}]' }, {}, /'Unknown'/],
  [{ layers: '[{"name":"../a","config":{"type":"FlattenLayer"}}]' }, {}, /one that can be a file name|only|fc1/],
  [{ layers: fc({ inputs: 2 }) }, {}, /a whole number .* for outputs/],
  [{ layers: fc({ inputs: 2, outputs: 3, secret: 1 }) }, {}, /'secret'/],
  [
    { layers: fc({ inputs: 2147483647, outputs: 2147483647 }), graph: undefined },
    {},
    /shape \[2147483647, 2147483647\] in 'fc1.W'/,
  ],
  [
    { layers: fc({ inputs: 3, outputs: 2 }), graph: undefined },
    {},
    /shape \[3, 2\] in 'fc1.W' of .* but received \[2, 3\]/,
  ],
  [{ layers: '[]', graph: undefined }, {}, /tensors of the net's layers only in .* but received 'fc1.W'/],
  [{ graph: '[' }, {}, /JSON in 'graph'/],
  [{ graph: 'null' }, {}, /\{ inputs, steps, outputs, seen \} for the graph/],
  [{ graph: graph({ step: 'fc1', layer: 'other', sources: [0] }) }, {}, /the name of a layer of the file/],
  [
    { graph: graph({ step: 'fc1', layer: 'fc1', sources: [1] }) },
    {},
    /what is computed before it for the inputs of layer 'fc1'/,
  ],
  [{ graph: graph({ step: 'fc1', layer: 'fc1', sources: [] }) }, {}, /but received 'none'/],
  [{ graph: graph({ step: '../fc1', layer: 'fc1', sources: [0] }) }, {}, /one that can be a file name/],
  [{ graph: graph() }, {}, /layer 'fc1' in it for the graph/],
  [{ hyperParameters: 'null' }, {}, /an object for options/],
  [{ hyperParameters: '{"netType":"fitting","learningRate":"1"}' }, {}, /learningRate/],
  [{ hyperParameters: '{"netType":"fitting","__proto__":1}' }, {}, /'__proto__'/],
  [{ preparation: '{"inputShape":[0]}' }, {}, /preparation.inputShape/],
  [{}, { 'fc1.W': undefined }, /a tensor 'fc1.W' of shape \[2, 3\]/],
  [{}, { 'fc1.B': Tensor.zeros([3]) }, /shape \[1, 3\] in 'fc1.B' of .* but received \[3\]/],
  [{}, { extra: Tensor.zeros([3]) }, /but received 'extra'/],
  [{ checksums: '{"fc1.W":"00000000"}' }, {}, /checksum 00000000 in 'fc1.W' of .*: the file is damaged/],
  [{ checksums: '{"fc1.W":{"toString":null}}' }, {}, /an object of texts in 'checksums'/],
  [{ checksums: '3' }, {}, /an object of texts in 'checksums'/],
];

test('load refuses what is no net', async (t) => {
  const path = `${await temporaryFolder(t)}/model.safetensors`;
  for (const [texts, tensors, message] of strange) {
    const file = await changed(path, texts, tensors);
    await t.throwsAsync(NeuralNet.load(file), badFile(message), JSON.stringify([texts, `${message}`]));
  }
  await t.throwsAsync(NeuralNet.load(`${path}.none`), badFile(/a readable safetensors file/));
  await writeFile(path, safetensorsFile('{}'));
  await t.throwsAsync(NeuralNet.load(path), badFile(/a net that blasnet saved/));
});

test('other dtypes of a file become that of the net', async (t) => {
  const path = `${await temporaryFolder(t)}/model.safetensors`;
  const W = Tensor.from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [2, 3], 'float64');
  const net = await NeuralNet.load(await changed(path, {}, { 'fc1.W': W }));
  t.deepEqual(net.getLayer('fc1').weights.W!.data, Float32Array.from(W.data));
});

test('a model that is read and written again has new checksums', async (t) => {
  const path = `${await temporaryFolder(t)}/model.safetensors`;
  await classifier(2, 3).save(path);
  const { tensors, metadata } = await readSafetensors(path);
  const doubled = Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    Tensor.from(
      Array.from(data, (value) => 2 * value),
      shape,
    ),
  ]);
  await writeSafetensors(path, Object.fromEntries(doubled), metadata);
  const { W } = (await NeuralNet.load(path)).getLayer('fc1').weights;
  t.deepEqual(
    W!.data,
    classifier(2, 3)
      .getLayer('fc1')
      .weights.W!.data.map((value) => 2 * value),
  );
});

test('a file cut off, or with other bytes, anywhere', async (t) => {
  const folder = await temporaryFolder(t);
  const path = `${folder}/model.safetensors`;
  await classifier(3, 2).save(path);
  const whole = await readFile(path);
  const headerEnd = 8 + Number(whole.readBigUInt64LE());
  for (let length = 0; length < whole.length; length += length > headerEnd ? 1 : 13) {
    await writeFile(path, whole.subarray(0, length));
    await t.throwsAsync(NeuralNet.load(path), badFile(/Expected/), `${length}`);
  }
  for (let at = headerEnd; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 0x10;
    await writeFile(path, bytes);
    await t.throwsAsync(NeuralNet.load(path), badFile(/the file is damaged/), `${at}`);
  }
});
