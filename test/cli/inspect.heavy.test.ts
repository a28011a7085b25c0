import test from 'ava';
import { writeModel } from '../onnx/models.js';
import { inspect } from './inspect-runs.js';

test('inspect › safetensors of others', async (t) => {
  const { json } = await inspect('test/fixtures/safetensors/others.safetensors', '--json');
  t.is(json.format, 'safetensors');
  t.false('net' in json);
  const { output } = await inspect('test/fixtures/safetensors/others.safetensors');
  for (const { name, dtype, shape } of json.tensors) {
    t.true(
      output
        .split('\n')
        .some((line) => line.startsWith(name) && line.endsWith(`${dtype.padEnd(4)}  [${shape.join(', ')}]`)),
    );
  }
  t.true(output.includes(`\n${json.tensors.length} tensors, `));
});

test('inspect › ONNX: a net, and a graph that is none of ours', async (t) => {
  const { json } = await inspect('test/fixtures/onnx/pytorch/lenet.onnx', '--json');
  t.regex(json.format, /^ONNX, operator set \d+, by pytorch/);
  t.is(json.net.layers.filter(({ config }: { config: { type: string } }) => config.type === 'ConvLayer').length, 2);
  t.is(json.operators.Conv, 2);
  const residual = await inspect('test/fixtures/onnx/graphs/residual.onnx', '--json');
  t.is(residual.json.operators.Add, 1);
  t.is(residual.json.net.layers.length, 4);
  const sine = await inspect(await writeModel(t, { nodes: [['Sin', ['x'], 'y']] }));
  t.is(sine.code, 0);
  t.regex(sine.output, /^operators: .*Sin/m);
  t.regex(sine.output, /^blasnet cannot load it: Expected /m);
});
