import { EventEmitter } from 'node:events';
import test from 'ava';
import { BlasnetError } from 'blasnet';
import { Problem } from '#blasnet/serve/problem';
import { isPeerGone, type Peer, WorkerChannel } from '#blasnet/serve/worker-channel';

class End extends EventEmitter {
  connected = true;
  other: End | undefined;

  send(message: object): void {
    const sent: unknown = JSON.parse(JSON.stringify(message));
    queueMicrotask(() => this.other!.emit('message', sent, undefined));
  }
}

function ends(): [End, End] {
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}

test('questions are answered, each its own; errors keep their kind', async (t) => {
  const [a, b] = ends();
  const told: unknown[] = [];
  new WorkerChannel(b as unknown as Peer, {
    double: (value: number) => 2 * value,
    later: async (value: number) => value,
    refuse: () => {
      throw new Problem(422, 'bad', { cause: new BlasnetError('ERR_BAD_FILE', 'bad') });
    },
    fail: () => {
      throw new BlasnetError('ERR_BAD_ARGUMENT', 'Expected other');
    },
    tell: (value: unknown) => told.push(value),
  });
  const channel = new WorkerChannel(a as unknown as Peer, {});
  channel.tell('tell', 'news');
  channel.tell('unknown', 'news');
  t.deepEqual(await Promise.all([channel.ask('later', 5), channel.ask('double', 4)]), [5, 8]);
  t.deepEqual(told, ['news']);
  const problem = (await t.throwsAsync(channel.ask('refuse'), { instanceOf: Problem, message: 'bad' })) as Problem;
  t.is(problem.statusCode, 422);
  t.is((problem.cause as BlasnetError).code, 'ERR_BAD_FILE');
  await t.throwsAsync(channel.ask('fail'), { instanceOf: BlasnetError, code: 'ERR_BAD_ARGUMENT' });
});

test('questions end when the other end goes, and later ones are not sent', async (t) => {
  const [a, b] = ends();
  new WorkerChannel(b as unknown as Peer, { never: () => new Promise(() => {}) });
  const channel = new WorkerChannel(a as unknown as Peer, {});
  const asked = channel.ask('never');
  a.connected = false;
  a.emit('disconnect');
  t.true(isPeerGone(await t.throwsAsync(asked)));
  t.true(isPeerGone(await t.throwsAsync(channel.ask('never'))));
});
