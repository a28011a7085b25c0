import test from 'ava';
import { Restarts } from '#blasnet/serve/restarts';

test('a few restarts are done at once, further ones wait for the time to pass', (t) => {
  let now = 0;
  const restarts = new Restarts(2, 100, () => now);
  t.is(restarts.next(), 0);
  now = 10;
  t.is(restarts.next(), 0);
  now = 20;
  t.is(restarts.next(), 80);
  t.is(restarts.next(), 90);
  now = 500;
  t.is(restarts.next(), 0);
});
