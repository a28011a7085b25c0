import test from 'ava';
import { goodputConnections } from '../../bench/serving/goodput.js';
import { judge } from '../../bench/targets.js';
import { comparisonOf, rowWith } from './reports.js';

test('a target is judged by the ratio of medians, once both were measured', (t) => {
  const sgd = comparisonOf(
    'train mnist sgd',
    rowWith('blasnet', 'blasnet', 100, 110, 90),
    rowWith('blasnet, 2 threads', 'blasnet', 80),
    rowWith('PyTorch', 'Python', 250),
    rowWith('C++ loop', 'C++', 90),
  );
  const adam = comparisonOf('train mnist adam', rowWith('blasnet', 'blasnet', 150));
  t.deepEqual(judge([sgd, adam]), [
    { text: 'mnist: 2.3 × as fast as PyTorch', value: 2.5, met: true },
    { text: 'mnist: two threads 1.7 × as fast as one', value: 1.25, met: false },
    { text: 'mnist: at most 1.15 × the time of the C++ loop', value: 100 / 90, met: true },
    { text: 'mnist: Adam at most 1.3 × the time of SGD', value: 1.5, met: false },
  ]);
  t.deepEqual(judge([]), []);
});

test('serving is judged by the requests it answers and by the 99th percentile of their times', (t) => {
  const route = 'Fastify and onnxruntime-node';
  const requests = comparisonOf('serve requests', rowWith('blasnet', 'blasnet', 100), rowWith(route, 'C++', 160));
  const answers = comparisonOf('serve answers', rowWith('blasnet', 'blasnet', 1, 2, 9), rowWith(route, 'C++', 3, 4, 6));
  t.deepEqual(judge([requests, answers]), [
    { text: `serving: 1.5 × the requests of a route of ${route}`, value: 1.6, met: true },
    { text: `serving: p99 at most that of a route of ${route}`, value: 1.5, met: false },
  ]);
  const gathering = rowWith(`${route}, rows gathered`, 'C++', 100);
  const times = [200, 160, 150, 180].map((time, i) => rowWith(`${goodputConnections[i]} connections`, 'blasnet', time));
  const found = judge([
    comparisonOf('serve cpu', rowWith('blasnet', 'blasnet', 80), gathering),
    comparisonOf('serve goodput', ...times),
  ]);
  t.deepEqual(
    found.map(({ value, met }) => ({ value, met })),
    [
      { value: 0.8, met: true },
      { value: 0.75, met: false },
    ],
  );
  t.deepEqual(judge([comparisonOf('serve goodput', times[0]!)]), []);
});
