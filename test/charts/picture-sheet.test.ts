import { Resvg } from '@resvg/resvg-js';
import test from 'ava';
import { filterPictures, pictureSheet, renderPng, renderSvg } from 'blasnet/charts';
import { encodePng, type Pixels } from '#blasnet/charts/png';
import { BlasnetError } from '#blasnet/core/errors';
import { Tensor } from '#blasnet/tensor/tensor';
import { textsOf } from '../support/svg.js';

const wrap = (content: string, width: number, height: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}">${content}</svg>`;

/** The colours of a PNG, as 0xrrggbb, row by row. */
function coloursOf(png: Uint8Array, width: number, height: number): number[] {
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const image = `<image xlink:href="${href}" width="${width}" height="${height}"/>`;
  const { pixels } = new Resvg(wrap(image, width, height)).render();
  return Array.from({ length: width * height }, (_, i) => pixels.readUIntBE(4 * i, 3));
}

const grey: Pixels = { data: [0, 128, 255, -3, 300, 7.6], shape: [1, 2, 3] };
const colour: Pixels = { data: [255, 0, 0x12, 0, 255, 0x34, 0, 0, 0x56], shape: [3, 3, 1] };

test('a PNG holds the pixels', (t) => {
  t.deepEqual(coloursOf(encodePng(grey), 3, 2), [0, 0x808080, 0xffffff, 0, 0xffffff, 0x080808]);
  t.deepEqual(coloursOf(encodePng(colour), 1, 3), [0xff0000, 0x00ff00, 0x123456]);
});

test('pixels become squares, side by side and row by row', async (t) => {
  const flat = (data: number[], shape: Pixels['shape'] = [1, 2, 2]) => ({ data, shape });
  const sheet = pictureSheet(
    [flat([10, 20, 30, 40]), flat([50, 60, 70, 80]), flat([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 2, 2])],
    { columns: 2, size: 8 },
  );
  const png = await renderPng(await renderSvg(sheet), { scale: 1 });
  const [width, height] = [16 + 8 + 16 + 8 + 16, 16 + 8 + 16 + 8 + 16]; // padding, picture, gap, picture, padding
  const header = Buffer.from(png);
  t.deepEqual([header.readUInt32BE(16), header.readUInt32BE(20)], [width, height]);
  const all = coloursOf(png, width, height);
  const squares = (left: number, top: number, edge: number) =>
    Array.from({ length: 4 }, (_, i) => {
      const [row, column] = [Math.floor(i / 2), i % 2];
      const seen = new Set<number>();
      for (let y = 0; y < edge; y++) {
        for (let x = 0; x < edge; x++) seen.add(all[(top + row * edge + y) * width + left + column * edge + x]!);
      }
      return [...seen];
    }).flat();
  t.deepEqual(squares(16, 16, 4), [0x0a0a0a, 0x141414, 0x1e1e1e, 0x282828]);
  t.deepEqual(squares(40, 16, 4), [0x323232, 0x3c3c3c, 0x464646, 0x505050]);
  t.deepEqual(squares(16, 40, 4), [0x010509, 0x02060a, 0x03070b, 0x04080c]);
  t.is(all.filter((each) => each !== 0xffffff).length, 3 * 64);
});

test('titles and captions, of several lines too', async (t) => {
  const svg = await renderSvg(
    pictureSheet([{ ...grey, caption: ['cat', 'taken for dog'] }, { ...colour, caption: 'ship' }, grey], {
      title: 'Mistakes',
      subtitle: '3 of 9',
    }),
  );
  t.is(svg.match(/<image /g)?.length, 3);
  const shown = textsOf(svg.replace(/<\/?tspan[^>]*>/g, ' '));
  t.deepEqual(
    ['Mistakes', '3 of 9', 'ship'].filter((text) => !shown.some((each) => each.trim() === text)),
    [],
  );
  t.true(svg.includes('>cat<') && svg.includes('>taken for dog<'), shown.join('|'));
});

test('what is no sheet of pictures is refused', (t) => {
  const picture = { data: [1, 2, 3, 4], shape: [1, 2, 2] } as const;
  for (const [pictures, options, message] of [
    [[], {}, 'Expected at least one picture for pictures but received an array of 0'],
    [[picture], { columns: 1.5 }, 'Expected a whole number above 0 for columns but received 1.5'],
    [[picture], { size: 0 }, 'Expected a finite number above 0 for size but received 0'],
    [
      [{ ...picture, shape: [2, 2, 1] as never }],
      {},
      'Expected shape [1 or 3, height, width] for a picture but received [2, 2, 1]',
    ],
    [[{ ...picture, shape: [1, 2, 3] as const }], {}, 'Expected 6 numbers for pixels but received 4'],
  ] as const) {
    const error = t.throws(() => pictureSheet(pictures, options), { instanceOf: BlasnetError });
    t.is(error.message, message);
  }
});

test('filters: zero is grey, the furthest weight of each white or black', (t) => {
  const weights = Tensor.from(Float32Array.of(0, 1, -0.5, 2, 0, 0, 0, 0, -4, 4, 2, -2), [3, 1, 2, 2]);
  t.deepEqual(filterPictures(weights), [
    { data: [127.5, 191.25, 95.625, 255], shape: [1, 2, 2] },
    { data: [127.5, 127.5, 127.5, 127.5], shape: [1, 2, 2] },
    { data: [0, 255, 191.25, 63.75], shape: [1, 2, 2] },
  ]);
  const coloured = filterPictures(Tensor.from(Float32Array.of(1, 0, -1), [1, 3, 1, 1]));
  t.deepEqual(coloured, [{ data: [255, 127.5, 0], shape: [3, 1, 1] }]);
  for (const shape of [
    [3, 2, 1, 2],
    [3, 4],
  ]) {
    const error = t.throws(() => filterPictures(Tensor.from(new Float32Array(12), shape)), {
      instanceOf: BlasnetError,
    });
    t.is(
      error.message,
      `Expected shape [filters, 1 or 3, height, width] for weights but received [${shape.join(', ')}]`,
    );
  }
});
