import test from 'ava';
import { largestDifference, median, quantile, relativeDistance, summarize } from '../../bench/statistics.js';

test('median is the middle value, or the mean of the two in the middle, and leaves its input as it was', (t) => {
  const odd = [10, 9, 100];
  t.is(median(odd), 10);
  t.deepEqual(odd, [10, 9, 100]);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
});

test('quantile is the nearest rank, one of the values', (t) => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i); // 200 … 1
  t.is(quantile(values, 0.99), 198);
  t.is(quantile(values, 0.5), 100);
  t.is(quantile(values, 0), 1);
  t.is(quantile(values, 1), 200);
  t.is(quantile([3, 1, 2], 0.99), 3);
});

test('summarize gives count, least, middle and 99th percentile', (t) => {
  t.deepEqual(summarize([5, 1, 4, 2]), { count: 4, min: 1, median: 3, p99: 5 });
});

test('no values are an error', (t) => {
  for (const call of [() => median([]), () => quantile([], 0.5), () => summarize([])]) {
    t.throws(call, { instanceOf: RangeError, message: 'Expected at least one value but received none' });
  }
});

test('largestDifference is the greatest distance, infinite for NaN and for other lengths', (t) => {
  const of = (...values: number[]) => Float32Array.from(values);
  t.is(largestDifference(of(1, 2, -3), of(1, 2.5, -3.25)), 0.5);
  t.is(largestDifference(of(), of()), 0);
  t.is(largestDifference(of(1), of(1, 2)), Number.POSITIVE_INFINITY);
  t.is(largestDifference(of(1, Number.NaN, 2), of(1, 1, 5)), Number.POSITIVE_INFINITY);
});

test('relativeDistance is in terms of how far the second has come', (t) => {
  const of = (...values: number[]) => Float32Array.from(values);
  t.is(relativeDistance(of(3, 5), of(3, 4), of(0, 0)), 0.2);
  t.is(relativeDistance(of(3, 4), of(3, 4), of(0, 0)), 0);
  t.is(relativeDistance(of(1, Number.NaN), of(1, 2), of(0, 0)), Number.POSITIVE_INFINITY);
  t.is(relativeDistance(of(1), of(1, 2), of(0, 0)), Number.POSITIVE_INFINITY);
});
