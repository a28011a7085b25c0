import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import test from 'ava';
import { renderPng, renderSvg, saveChart } from 'blasnet/charts';
import type { TopLevelSpec } from 'vega-lite';
import { loadOptional } from '#blasnet/charts/optional';
import { BlasnetError } from '#blasnet/core/errors';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const spec: TopLevelSpec = {
  width: 100,
  height: 80,
  data: { values: [{ a: 1, b: 2 }] },
  mark: 'bar',
  encoding: { x: { field: 'a', type: 'ordinal', title: 'apples' }, y: { field: 'b', type: 'quantitative' } },
};

const wrap = (content: string, width: number, height: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}">${content}</svg>`;

/** Width and height as the header of a PNG says. */
function sizeOf(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/** The pixels of a PNG, as colours 0xrrggbbaa. */
function pixelsOf(png: Uint8Array): number[] {
  const [width, height] = sizeOf(png);
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const bytes = new Resvg(
    wrap(`<image xlink:href="${href}" width="${width}" height="${height}"/>`, width, height),
  ).render().pixels;
  return Array.from({ length: width * height }, (_, index) => bytes.readUInt32BE(index * 4));
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-charts-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('renderSvg draws in the theme', async (t) => {
  const svg = await renderSvg(spec);
  t.regex(svg, /^<svg /);
  t.true(svg.includes('>apples</text>'));
  t.true(svg.includes('fill="white"'));
  const families = new Set([...svg.matchAll(/font-family="([^"]*)"/g)].map((match) => match[1]));
  t.deepEqual([...families], ['DejaVu Sans, Verdana, sans-serif']);
});

test(`a chart's own config goes before the theme`, async (t) => {
  const svg = await renderSvg({ ...spec, config: { background: '#abcdef' } });
  t.true(svg.includes('fill="#abcdef"'));
});

test('renderSvg refuses what is no specification', async (t) => {
  const error = await t.throwsAsync(renderSvg({} as TopLevelSpec), { instanceOf: BlasnetError });
  t.is(error.code, 'ERR_BAD_ARGUMENT');
  t.regex(error.message, /^Expected a Vega-Lite specification for spec but received one that does not compile: /);
});

test('renderPng draws shapes and letters on white', async (t) => {
  const png = await renderPng(wrap('<rect width="10" height="10" fill="#0072b2"/>', 20, 10), { scale: 1 });
  t.deepEqual([...png.subarray(0, 8)], signature);
  const pixels = pixelsOf(png);
  t.is(pixels.filter((pixel) => pixel === 0x0072b2ff).length, 100);
  t.is(pixels.filter((pixel) => pixel === 0xffffffff).length, 100);

  for (const family of ['DejaVu Sans', 'no such font']) {
    const letters = await renderPng(wrap(`<text y="16" font-size="16" font-family="${family}">WM</text>`, 40, 20));
    const black = pixelsOf(letters).filter((pixel) => pixel === 0x000000ff).length;
    t.true(black > 100, `${black} black pixels of ${family}`);
  }
});

test('renderPng scales', async (t) => {
  const svg = wrap('', 30, 20);
  t.deepEqual(sizeOf(await renderPng(svg)), [60, 40]);
  t.deepEqual(sizeOf(await renderPng(svg, { scale: 1 })), [30, 20]);
  t.deepEqual(sizeOf(await renderPng(svg, { scale: 0.5 })), [15, 10]);
});

for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8.1]) {
  test(`renderPng refuses scale ${scale}`, async (t) => {
    const error = await t.throwsAsync(renderPng(wrap('', 9, 9), { scale }), { instanceOf: BlasnetError });
    t.is(error.code, 'ERR_BAD_ARGUMENT');
    t.is(error.message, `Expected a number above 0 and up to 8 for scale but received ${scale}`);
  });
}

test('renderPng refuses pictures without pixels, with too many, and what is no picture', async (t) => {
  const tiny = await t.throwsAsync(renderPng(wrap('', 1, 1), { scale: 0.5 }), { instanceOf: BlasnetError });
  t.is(tiny.message, 'Expected a picture of 1 to 67108864 pixels for svg but received one of 0.5 × 0.5');
  const huge = await t.throwsAsync(renderPng(wrap('', 1e9, 1e9), { scale: 1 }), { instanceOf: BlasnetError });
  t.is(huge.message, 'Expected a picture of 1 to 67108864 pixels for svg but received one of 1000000000 × 1000000000');
  const text = await t.throwsAsync(renderPng('a picture'), { instanceOf: BlasnetError });
  t.is(text.code, 'ERR_BAD_ARGUMENT');
  t.regex(text.message, /^Expected an SVG picture for svg but received one with an error: SVG data parsing failed/);
});

test('saveChart writes what the extension says, and makes the folder', async (t) => {
  await inFolder(async (folder) => {
    const svgFile = join(folder, 'new', 'deep', 'chart.svg');
    const pngFile = join(folder, 'new', 'CHART.PNG');
    await saveChart(spec, svgFile);
    await saveChart(spec, pngFile);
    const svg = await readFile(svgFile, 'utf8');
    t.is(svg, await renderSvg(spec));
    const png = await readFile(pngFile);
    t.deepEqual(new Uint8Array(png), new Uint8Array(await renderPng(svg)));
    const bars = pixelsOf(png).filter((pixel) => pixel === 0x0072b2ff).length;
    t.true(bars > 1000, `${bars} pixels of a bar`);
  });
});

test('saveChart refuses other extensions and writes nothing', async (t) => {
  await inFolder(async (folder) => {
    for (const name of ['chart.pdf', 'chart', 'svg', '.svg']) {
      const error = await t.throwsAsync(saveChart(spec, join(folder, name)), { instanceOf: BlasnetError });
      t.is(error.code, 'ERR_BAD_ARGUMENT');
      t.true(error.message.startsWith('Expected a name that ends in .svg or .png for file but received '));
    }
    t.deepEqual(await readdir(folder), []);
  });
});

test('saveChart says so where the folder cannot be made', async (t) => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'taken'), '');
    const error = await t.throwsAsync(saveChart(spec, join(folder, 'taken', 'sub', 'chart.svg')), {
      instanceOf: BlasnetError,
    });
    t.is(error.code, 'ERR_BAD_FILE');
    t.regex(error.message, /^Expected a writable file at '.*chart\.svg' but received ENOTDIR/);
  });
});

test('a missing optional package says what to install', async (t) => {
  const missing = 'blasnet-has-no-such-package';
  const error = await t.throwsAsync(
    loadOptional('vega', () => import(missing)),
    { instanceOf: BlasnetError },
  );
  t.is(error.code, 'ERR_NATIVE_LOAD');
  t.regex(error.message, /^Expected the optional package vega for charts but /);
  t.true(error.message.includes('`npm install vega vega-lite @dagrejs/dagre @resvg/resvg-js dejavu-fonts-ttf`'));
  t.true(error.message.includes(missing));
});

test('no optional package is imported before it is needed', async (t) => {
  const files = (await readdir('ts/charts')).map((name) => join('ts/charts', name));
  t.true(files.length >= 5);
  for (const file of [...files, 'ts/training/progress-bar.ts']) {
    t.notRegex(
      await readFile(file, 'utf8'),
      /^import (?!type )[^;]*'(vega|vega-lite|@resvg\/resvg-js|cli-progress)'/m,
      file,
    );
  }
});
