import { versions } from 'blasnet';
import { mpiMemoryRows, mpiRows } from './mpi/compare.js';
import { type Comparison, rowOf, type Target } from './report.js';
import { memoryRows } from './sequences/memory.js';
import { goodputConnections } from './serving/goodput.js';

type Find = (id: string, name: string, what?: 'median' | 'p99') => number | undefined;

interface Rule {
  readonly text: string;
  /** What the text is about, or undefined where it was not measured. */
  measure(median: Find): number | undefined;
  readonly least?: number;
  readonly most?: number;
}

const ratio = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a / b;

/** How many times faster blasnet trains than another, both on one thread and by SGD. */
const faster = (workload: string, rival: string, least: number): Rule => ({
  text: `${workload}: ${least} × as fast as ${rival}`,
  measure: (median) => ratio(median(`train ${workload} sgd`, rival), median(`train ${workload} sgd`, 'blasnet')),
  least,
});

const secondThread = (workload: string): Rule => ({
  text: `${workload}: two threads 1.7 × as fast as one`,
  measure: (median) =>
    ratio(median(`train ${workload} sgd`, 'blasnet'), median(`train ${workload} sgd`, 'blasnet, 2 threads')),
  least: 1.7,
});

const loop = (workload: string): Rule => ({
  text: `${workload}: at most 1.15 × the time of the C++ loop`,
  measure: (median) => ratio(median(`train ${workload} sgd`, 'blasnet'), median(`train ${workload} sgd`, 'C++ loop')),
  most: 1.15,
});

const inference = (rows: number, least: number): Rule => ({
  text: `${rows} row${rows === 1 ? '' : 's'}: ${least} × as fast as onnxruntime-node`,
  measure: (median) =>
    ratio(median(`predict mnist ${rows}`, 'onnxruntime-node'), median(`predict mnist ${rows}`, 'blasnet')),
  least,
});

/** How many times as fast a net of sequences is as another's: in a step of training, or for one sequence predicted. */
const sequences = (net: string, task: 'train' | '1', rival: string, least: number): Rule => {
  const id = `sequences ${net} ${task}`;
  return {
    text: `${net}, ${task === 'train' ? 'training' : 'one sequence'}: ${least} × as fast as ${rival}`,
    measure: (median) => ratio(median(id, rival), median(id, 'blasnet')),
    least,
  };
};

const route = 'Fastify and onnxruntime-node';

/** Images a second against PyTorch, with as many threads each. */
const convolving = (id: string, what: string, least: number): Rule[] =>
  ['', ', 2 threads'].map((threads) => ({
    text: `${what}${threads}: ${least} × as fast as PyTorch`,
    measure: (median) => ratio(median(id, `PyTorch${threads}`), median(id, `blasnet${threads}`)),
    least,
  }));

/** How many times as fast as in float32 training in bfloat16 shall be, by how this CPU multiplies such numbers. */
const bfloat16Gains = { amx: 4, native: 1.7, emulated: undefined };

/** Training in bfloat16 against PyTorch's, and against our own in float32 where the CPU has instructions for it. */
const bfloat16 = (workload: string): Rule[] => {
  const time = (median: Find, name: string) => median(`train ${workload} sgd`, name);
  const gain = bfloat16Gains[versions.bfloat16];
  const own: Rule = {
    text: `${workload} in bfloat16: ${gain} × as fast as in float32`,
    measure: (median) => ratio(time(median, 'blasnet'), time(median, 'blasnet bfloat16')),
    ...(gain && { least: gain }),
  };
  const rival: Rule = {
    text: `${workload} in bfloat16: 1.2 × as fast as PyTorch`,
    measure: (median) => ratio(time(median, 'PyTorch bfloat16'), time(median, 'blasnet bfloat16')),
    least: 1.2,
  };
  return gain ? [own, rival] : [rival];
};

/** What the design asks for. */
const rules: readonly Rule[] = [
  faster('curve', 'NumPy, float64', 100),
  faster('curve', 'PyTorch', 100),
  faster('house', 'NumPy, float64', 25),
  faster('house', 'PyTorch', 50),
  faster('mnist', 'PyTorch', 2.3),
  faster('mnist', 'TensorFlow.js cpu', 150),
  faster('wide', 'PyTorch', 1.15),
  secondThread('mnist'),
  secondThread('wide'),
  ...['curve', 'house', 'mnist', 'wide'].map(loop),
  {
    text: 'mnist: Adam at most 1.3 × the time of SGD',
    measure: (median) => ratio(median('train mnist adam', 'blasnet'), median('train mnist sgd', 'blasnet')),
    most: 1.3,
  },
  inference(1, 2.5),
  inference(64, 1),
  inference(1024, 1),
  ...['lenet', 'vgg'].flatMap((net) => [
    ...convolving(`train ${net} sgd`, `${net}, training`, 1.5),
    ...convolving(`predict ${net} 64`, `${net}, 64 images predicted`, 1.5),
  ]),
  ...['conv64', 'conv128'].flatMap((net) => convolving(`train ${net} sgd`, net, 1)),
  ...['wide', 'vgg'].flatMap(bfloat16),
  sequences('lstm', 'train', 'PyTorch', 2.5),
  sequences('gru', 'train', 'PyTorch', 4),
  sequences('encoder', 'train', 'PyTorch', 2),
  sequences('lstm', '1', 'onnxruntime-node', 3),
  sequences('gru', '1', 'onnxruntime-node', 3),
  sequences('encoder', '1', 'onnxruntime-node', 1),
  ...['wide', 'vgg'].map((net) => ({
    text: `${net}: two ranks 1.8 × as fast as one`,
    measure: (median: Find) => ratio(median(`mpi ${net}`, mpiRows.rank), median(`mpi ${net}`, mpiRows.ranks)),
    least: 1.8,
  })),
  ...['mnist', 'lenet', 'wide', 'vgg'].map((net) => ({
    text: `one of two ranks on ${net}: no more memory than one process and two gradients`,
    measure: (median: Find) =>
      ratio(median(`mpi memory ${net}`, mpiMemoryRows.rank), median(`mpi memory ${net}`, mpiMemoryRows.limit)),
    most: 1,
  })),
  {
    text: 'stream: at most 1.05 × the memory after 100,000 steps',
    measure: (median) =>
      ratio(median('sequences memory', memoryRows.streamAfter), median('sequences memory', memoryRows.streamBefore)),
    most: 1.05,
  },
  ...['mnist', 'wide'].map((net) => ({
    text: `int8 inference of ${net}: 1.5 × the speed of float32`,
    measure: (median: (id: string, name: string) => number | undefined) =>
      ratio(median(`int8 ${net}`, 'float32'), median(`int8 ${net}`, 'int8')),
    least: 1.5,
  })),
  {
    text: 'event loop: p99 under 5 ms while training',
    measure: (median) => median('delay', 'blasnet: p99 while training'),
    most: 5,
  },
  {
    text: 'import: at most 60 ms',
    measure: (median) => median('import', 'blasnet'),
    most: 60,
  },
  {
    text: "a user's layer: at most 1.3 × the time of built-in layers",
    measure: (median) => ratio(median('own layer', 'own layer'), median('own layer', 'built-in layers')),
    most: 1.3,
  },
  {
    text: "a user's loss: at most 1.3 × the time of a built-in one",
    measure: (median) => ratio(median('own loss', 'own loss'), median('own loss', 'built-in loss')),
    most: 1.3,
  },
  {
    text: `serving: 1.5 × the requests of a route of ${route}`,
    measure: (median) => ratio(median('serve requests', route), median('serve requests', 'blasnet')),
    least: 1.5,
  },
  {
    text: `serving: p99 at most that of a route of ${route}`,
    measure: (find) => ratio(find('serve answers', 'blasnet', 'p99'), find('serve answers', route, 'p99')),
    most: 1,
  },
  {
    text: `serving: at most the CPU time of a route of ${route} that gathers rows`,
    measure: (median) => ratio(median('serve cpu', 'blasnet'), median('serve cpu', `${route}, rows gathered`)),
    most: 1,
  },
  {
    text: 'serving: at least 0.8 × the best rate of requests of 64 rows on any number of connections',
    measure: (median) => {
      const times = goodputConnections.map((connections) => median('serve goodput', `${connections} connections`));
      const known = times.filter((time) => time !== undefined);
      return known.length < times.length ? undefined : Math.min(...known) / Math.max(...known);
    },
    least: 0.8,
  },
];

/** The targets for which everything was measured. */
export function judge(comparisons: readonly Comparison[]): Target[] {
  const find: Find = (id, name, what = 'median') => {
    const comparison = comparisons.find((one) => one.id === id);
    return comparison && rowOf(comparison, name)?.summary[what];
  };
  return rules.flatMap(({ text, measure, least = 0, most = Number.POSITIVE_INFINITY }) => {
    const value = measure(find);
    return value === undefined ? [] : [{ text, value, met: value >= least && value <= most }];
  });
}
