import test from 'ava';
import { likeMnist, type Picture } from '#blasnet/serve/page/digit';

/** A drawing with ink where `isInk` says so. */
function drawing(width: number, height: number, isInk: (x: number, y: number) => boolean): Picture {
  const data = Array.from({ length: width * height }, (_, i) => Number(isInk(i % width, Math.floor(i / width))));
  return { width, height, data };
}

/** What a picture of 28 columns weighs, and the centre of its mass. */
function balanceOf(picture: Float64Array) {
  let [mass, x, y] = [0, 0, 0];
  for (const [i, grey] of picture.entries()) {
    mass += grey;
    x += grey * ((i % 28) + 0.5);
    y += grey * (Math.floor(i / 28) + 0.5);
  }
  return { mass, x: x / mass, y: y / mass };
}

const rounded = (values: Iterable<number>) => Array.from(values, (value) => Math.round(value * 1e6) / 1e6);

test('likeMnist › a stroke in a corner becomes 20 pixels high, in proportion, in the middle', (t) => {
  const stroke = drawing(280, 280, (x, y) => x >= 10 && x < 20 && y >= 30 && y < 80); // 10 × 50
  const picture = likeMnist(stroke, 28, 28)!;
  for (let y = 0; y < 28; y++) {
    const inside = y >= 4 && y < 24 ? 1 : 0;
    const row = Array.from({ length: 28 }, (_, x) => (x >= 12 && x < 16 ? inside : 0));
    t.deepEqual(rounded(picture.subarray(28 * y, 28 * y + 28)), row, `row ${y}`);
  }
});

test('likeMnist › averages areas of large drawings, and the centre of mass is the centre', (t) => {
  const wedge = drawing(280, 280, (x, y) => x >= 40 && x < 240 && y >= 60 && y < 60 + x / 2); // 200 × 119
  const picture = likeMnist(wedge, 28, 28)!;
  const inks = Array.from(wedge.data).reduce((sum, ink) => sum + ink, 0);
  const { mass, x, y } = balanceOf(picture);
  t.true(Math.abs(mass - inks / 100) < 1e-6, `${mass}`); // ten pixels of the drawing are one
  t.true(Math.abs(x - 14) < 0.02 && Math.abs(y - 14) < 0.02, `${x}, ${y}`);
  t.true(Math.max(...picture) < 1 + 1e-9);
});

test('likeMnist › enlarges small drawings, and cuts what is beyond the frame', (t) => {
  const dot = drawing(280, 280, (x, y) => x >= 100 && x < 105 && y >= 7 && y < 12);
  t.true(Math.abs(balanceOf(likeMnist(dot, 28, 28)!).mass - 400) < 1e-6);
  // Nearly all of the mass is at the left, so that the long tail leaves the frame at the right.
  const comet = drawing(280, 280, (x, y) => y < 200 && (x < 10 || (y === 100 && x < 200)));
  const { mass } = balanceOf(likeMnist(comet, 28, 28)!);
  t.true(mass < (200 * 10 + 190) / 100 && mass > 20, `${mass}`);
});

test('likeMnist › other sizes than 28 × 28, and the limits of both sides', (t) => {
  const wide = drawing(280, 140, (x, y) => x >= 20 && x < 220 && y >= 20 && y < 40); // 200 × 20
  const picture = likeMnist(wide, 14, 28)!;
  t.is(picture.length, 14 * 28);
  t.deepEqual(rounded(picture.subarray(28 * 6, 28 * 6 + 28)), [0, 0, 0, 0, ...Array(20).fill(1), 0, 0, 0, 0]);
});

test('likeMnist › nothing for an empty pad', (t) => {
  t.is(
    likeMnist(
      drawing(280, 280, () => false),
      28,
      28,
    ),
    undefined,
  );
});
