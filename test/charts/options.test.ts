import test from 'ava';
import { confusionChart, rocChart, rocCurve, scatterChart } from 'blasnet/charts';

const absent = { title: undefined, subtitle: undefined, width: undefined, height: undefined };

test('options that are undefined count as absent', (t) => {
  const curve = rocCurve([0, 1], [0, 1]);
  t.deepEqual(rocChart(curve, absent), rocChart(curve));
  const quantity = 'price';
  t.deepEqual(
    scatterChart([1, 2], [2, 3], { ...absent, quantity, scale: undefined, format: undefined }),
    scatterChart([1, 2], [2, 3], { quantity }),
  );
  const counts = [[1]];
  t.deepEqual(confusionChart(counts, ['a'], absent), confusionChart(counts, ['a']));
});
