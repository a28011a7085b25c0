import { readFile } from 'node:fs/promises';
import test from 'ava';
import { compileConsumer } from './support/consumer.js';
import { entryPoints, publicNames } from './support/public-names.js';

const program = `
  import { type CheckpointRecord, type DataReader, type NeuralNet, Tensor } from 'blasnet';
  import { type ChartSpecification, lineChart, renderSvg, theme } from 'blasnet/charts';
  const x: Tensor = Tensor.from([1]);
  const axis = { title: 'x' };
  const chart: ChartSpecification = { ...lineChart([{ name: 'a', points: [[0, 1]] }], { x: axis, y: axis }), width: 90 };
  await renderSvg(chart);
  await renderSvg({ data: { values: [{ a: 1 }] }, mark: 'bar', encoding: { x: { field: 'a' } }, config: theme });
  // @ts-expect-error a property that Vega-Lite does not know
  await renderSvg({ marks: 'bar' });
  const parts = async (net: NeuralNet, reader: DataReader): Promise<readonly [CheckpointRecord, number | undefined]> => {
    const history = await net.train(reader, { needTest: true });
    // @ts-expect-error a history is read only
    history.stopReason = 'maxEpoch';
    // @ts-expect-error and so are its records
    history.records.push(history.best);
    return [history.best, history.test?.loss];
  };
  console.log(x, parts);
`;

/** Those that blasnet needs for some calls only. */
const { peerDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
  readonly peerDependencies: Readonly<Record<string, string>>;
};
const packages = Object.keys(peerDependencies);

test("import 'blasnet' › its types need no package but Node's, and no DOM", async (t) => {
  const { errors, files } = await compileConsumer(t, program);
  t.deepEqual(errors, []);
  t.true(files.some((file) => file.endsWith('/blasnet/dist/index.d.ts')));
  t.deepEqual(
    files.filter((file) => packages.some((name) => file.includes(`/node_modules/${name}`))),
    [],
  );
});

test("import 'blasnet' › its types do without Node's", async (t) => {
  const { errors } = await compileConsumer(t, program, { lib: ['es2023', 'dom'], packages: [] });
  t.deepEqual(errors, []);
});

test("import 'blasnet/serve' › its types need Fastify's and those that Fastify needs", async (t) => {
  const code = "import { startServer } from 'blasnet/serve';\nawait startServer({ models: [], port: 0 });";
  const { errors, files } = await compileConsumer(t, code, { packages: ['@types/node', 'undici-types', 'fastify'] });
  t.deepEqual(errors, []);
  t.false(files.some((file) => /\/node_modules\/(vega|prom-client|@resvg)/.test(file)));
});

test("a chart's specification › is Vega-Lite's", async (t) => {
  const code = `
    import { histogramChart, renderSvg } from 'blasnet/charts';
    import type { TopLevelSpec } from 'vega-lite';
    declare const mine: TopLevelSpec;
    await renderSvg(mine);
    const theirs = histogramChart([1], { x: 'x' } as never) as TopLevelSpec;
    console.log(theirs);`;
  t.deepEqual((await compileConsumer(t, code, { lib: ['es2023', 'dom'], packages: ['vega-lite'] })).errors, []);
});

/** Types of what blasnet gives to users, who need not make them: what is absent there is never undefined. */
const given = [
  ...['CheckpointRecord', 'Prediction', 'TrainingProgress'],
  ...['Preparation', 'InputPreparation', 'OutputPreparation', 'ColumnEncoding', 'TextEncoding'],
  ...['WindowPreparation', 'ForecastPreparation'],
];

/** A class among the types of an option may lack a method, which is no property to set. */
const withClasses = ['MetricOptions'];

test('with exactOptionalPropertyTypes › every option may be undefined', async (t) => {
  const checks = await Promise.all(
    Object.entries(entryPoints).map(async ([entryPoint, path], index) => {
      const { types } = await publicNames(path);
      const asserted = types
        .filter((name) => ![...given, ...withClasses].includes(name))
        .map((name) => `'${name}': All<_${index}.${name}>`);
      return `import type * as _${index} from '${entryPoint}';\ntype Checked${index} = { ${asserted.join('; ')} };`;
    }),
  );
  const code = `
    // Names of optional properties by themselves; those of them that refuse undefined; the same for all kinds of a union.
    type Optional<T> = { [Key in keyof T as string extends Key ? never : Key]-?: {} extends Pick<T, Key> ? Key : never };
    type Refusing<T, Keys extends keyof T> = { [Key in Keys]-?: { [K in Key]: undefined } extends Pick<T, Key> ? never : Key }[Keys];
    type All<T> = T extends string | number | boolean | ArrayLike<unknown> ? never : Refusing<T, Optional<T>[keyof Optional<T>] & keyof T>;
    ${checks.join('\n')}
    type Failing<Checks> = { [Name in keyof Checks as Checks[Name] extends never ? never : Name]: Checks[Name] };
    const failing: Failing<Checked0> & Failing<Checked1> & Failing<Checked2> = {};
    console.log(failing);`;
  const packages = ['@types/node', 'undici-types', 'fastify'];
  const { errors } = await compileConsumer(t, code, { packages, exactOptionalPropertyTypes: true });
  t.deepEqual(errors, []);
});
