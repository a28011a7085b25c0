import test from 'ava';
import { type Entrant, type Unread, WaitingRoom } from '#blasnet/serve/waiting-room';

/** A clock that goes on only when a request is parsed, which takes 3 ms. */
function clockedRoom(options: { readonly maxBytes?: number; readonly refusals?: number } = {}) {
  const clock = { now: 0 };
  const room = new WaitingRoom({ ...options, turnMs: 5, now: () => clock.now });
  const started: string[] = [];
  const refused: string[] = [];
  const state = { hasRoom: true, fits: true };
  const entrant = (name: string, more: Partial<Entrant> = {}): Entrant => ({
    bytes: 10,
    refusedAt: 1000,
    isOver: () => false,
    refuse: () => refused.push(name),
    hasRoom: () => state.hasRoom,
    start: () => {
      clock.now += 3;
      if (state.fits) started.push(name);
      return state.fits;
    },
    ...more,
  });
  return { clock, room, started, refused, state, entrant };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const [a, b] = [{}, {}];

test('requests are parsed for 5 ms in each turn of the event loop', async (t) => {
  const { room, started, entrant } = clockedRoom();
  for (let i = 0; i < 5; i++) room.enter(a, entrant(`${i}`));
  t.deepEqual(started, ['0', '1']);
  t.is(room.countOf(a), 3);
  await turn();
  t.deepEqual(started, ['0', '1', '2', '3']);
  await turn();
  t.deepEqual(started, ['0', '1', '2', '3', '4']);
  t.is(room.countOf(a), 0);
});

test('requests of a model with a full queue wait in order; other models go on', async (t) => {
  const { room, started, state, entrant } = clockedRoom();
  state.hasRoom = false;
  room.enter(a, entrant('a1'));
  room.enter(a, entrant('a2'));
  room.enter(b, entrant('b1', { hasRoom: () => true }));
  t.deepEqual(started, ['b1']);
  state.hasRoom = true;
  // One that comes later does not overtake.
  room.enter(a, entrant('a3'));
  t.deepEqual(started, ['b1']);
  room.advance();
  await turn();
  await turn();
  t.deepEqual(started, ['b1', 'a1', 'a2', 'a3']);
});

test('a request whose rows do not fit after all stays the first', async (t) => {
  const { room, started, state, entrant } = clockedRoom();
  state.fits = false;
  room.enter(a, entrant('1'));
  room.enter(a, entrant('2'));
  t.is(room.countOf(a), 2);
  state.fits = true;
  await turn();
  t.deepEqual(started, ['1', '2']);
});

test('sweep › refuses those that waited too long, so many at once, and forgets those that are over', (t) => {
  const { room, clock, refused, state, entrant } = clockedRoom({ refusals: 2 });
  state.hasRoom = false;
  for (const name of ['1', '2', '3']) room.enter(a, entrant(name));
  room.enter(a, entrant('gone', { isOver: () => true }));
  room.enter(a, entrant('later', { refusedAt: 2000 }));
  room.sweep();
  t.deepEqual(refused, []);
  t.is(room.countOf(a), 4);
  clock.now = 1000;
  room.sweep();
  t.deepEqual(refused, ['1', '2']);
  room.sweep();
  t.deepEqual(refused, ['1', '2', '3']);
  t.is(room.countOf(a), 1);
  // Without patience, at once.
  room.enter(a, entrant('now', { refusedAt: 0 }));
  t.deepEqual(refused, ['1', '2', '3', 'now']);
});

test('sweep › a request that waits for its turn of the event loop only is not refused, however late it is', async (t) => {
  const { room, clock, started, refused, entrant } = clockedRoom();
  for (const name of ['1', '2', '3']) room.enter(a, entrant(name));
  clock.now = 5000;
  room.sweep();
  await turn();
  t.deepEqual(started, ['1', '2', '3']);
  t.deepEqual(refused, []);
});

test('bodies are not read while too many bytes wait', async (t) => {
  const { room, clock, refused, state, entrant } = clockedRoom({ maxBytes: 20 });
  const read: string[] = [];
  const done: (() => void)[] = [];
  const unread = (name: string): Unread => ({
    bytes: 15,
    refusedAt: 1000,
    isOver: () => name === 'gone',
    refuse: () => refused.push(name),
    read: (isDone) => {
      read.push(name);
      done.push(isDone);
    },
  });
  room.admit(unread('first'));
  t.deepEqual(read, ['first']);
  state.hasRoom = false;
  room.enter(a, entrant('1'));
  room.enter(a, entrant('2'));
  for (const name of ['gone', 'second', 'third', 'fourth', 'fifth']) room.admit(unread(name));
  t.deepEqual(read, ['first']);
  state.hasRoom = true;
  room.advance();
  await turn();
  // As many as there is memory for, as if they were complete.
  t.deepEqual(read, ['first', 'second', 'third']);
  for (const isDone of done) isDone();
  room.advance();
  t.deepEqual(read.slice(3), ['fourth', 'fifth']);
  t.is(room.unread, 0);
  state.hasRoom = false;
  room.enter(a, entrant('3', { bytes: 20, refusedAt: 9999 }));
  room.admit(unread('late'));
  clock.now = 1000;
  room.sweep();
  t.deepEqual(refused, ['late']);
});
