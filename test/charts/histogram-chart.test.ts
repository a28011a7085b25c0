import test from 'ava';
import { histogram, histogramChart, renderSvg } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { textsOf } from '../support/svg.js';

test('values are counted in bins of equal width, the greatest in the last', (t) => {
  t.deepEqual(histogram(Float32Array.of(0, 0.5, 1, 2.5, 4, 4, 3, 2), { bins: 4 }), [
    { from: 0, to: 1, share: 2 / 8 },
    { from: 1, to: 2, share: 1 / 8 },
    { from: 2, to: 3, share: 2 / 8 },
    { from: 3, to: 4, share: 3 / 8 },
  ]);
});

test('values beyond the domain count in the outermost bins', (t) => {
  const shares = histogram([-9, 0.1, 0.9, 9, 10], { bins: 2, domain: [0, 1] }).map(({ share }) => share);
  t.deepEqual(shares, [0.4, 0.6]);
});

test('values that are all equal get a bin around them', (t) => {
  t.deepEqual(histogram([3, 3], { bins: 1 }), [{ from: 2.5, to: 3.5, share: 1 }]);
});

test('histogram refuses what it cannot count', (t) => {
  const refusals = [
    [() => histogram([]), 'Expected at least one value for values but received an array of 0'],
    [() => histogram([1, Number.NaN]), 'Expected finite numbers for values but received NaN'],
    [() => histogram([1], { bins: 0 }), 'Expected a whole number above 0 for bins but received 0'],
    [() => histogram([1], { domain: [1, 1] }), `Expected a range of numbers for domain but received '1 to 1'`],
  ] as const;
  for (const [call, message] of refusals) {
    const error = t.throws(call, { instanceOf: BlasnetError });
    t.is(error.code, 'ERR_BAD_ARGUMENT');
    t.is(error.message, message);
  }
});

test('a bar for each bin, as high as its share', async (t) => {
  const options = {
    title: 'Errors',
    x: 'error',
    bins: 2,
    domain: [0, 2],
    maxShare: 2 / 3,
    width: 100,
    height: 100,
  } as const;
  const svg = await renderSvg(histogramChart([0, 0, 1, 1, 1], options));
  t.true(textsOf(svg).includes('Errors'));
  t.true(textsOf(svg).includes('Share of the values'));
  const bars = [...svg.matchAll(/aria-label="error: [^"]*" role="graphics-symbol"[^>]* d="([^"]*)"/g)];
  t.deepEqual(
    bars.map((match) => match[1]!.replace(/\d+\.\d+/g, (number) => String(Math.round(Number(number))))),
    ['M0,40h50v60h-50Z', 'M50,10h50v90h-50Z'],
  );
});

test('bars above the greatest share are cut off', async (t) => {
  const options = { x: 'error', y: 'share', bins: 2, maxShare: 0.5, width: 100, height: 100 } as const;
  const svg = await renderSvg(histogramChart([0, 1, 1, 1], options));
  t.true(svg.includes(`Y-axis titled 'share' for a linear scale with values from 0% to 50%`));
  t.regex(svg, /clip-path/);
});
