import test from 'ava';
import { escapeHtml } from '../../bench/html.js';
import { page } from '../../bench/page.js';
import { comparisonOf, reportWith, rowWith } from './reports.js';

const comparison = (id: string) =>
  comparisonOf(id, rowWith('blasnet', 'blasnet', 10, 11, 12), rowWith('C++ & co', 'C++', 8, 9, 10));

const sweep = (id: string) => ({
  id,
  title: 'Rows of a batch',
  quantity: 'rows',
  points: [1, 64].map((at) => ({ at, comparison: comparison('train x sgd') })),
});

test('the page holds tables and charts, and nothing that has to be fetched', async (t) => {
  const html = await page(
    reportWith({
      comparisons: ['train mnist sgd', 'predict mnist 1', 'predict mnist 64', 'predict lenet 1', 'reach'].map(
        comparison,
      ),
      sweeps: [sweep('batch')],
      targets: [{ text: 'as fast', value: 0.5, met: false }],
    }),
  );
  t.true(html.startsWith('<!doctype html>'));
  t.is(html.match(/<svg/g)!.length, 1); // the sweep
  t.is(html.match(/<table class="bars">/g)!.length, 5);
  t.notRegex(html, /NaN|Infinity|undefined/);
  t.notRegex(html, /(src|href)="http|url\(http|<script|<link|@import/);
  t.true(html.includes('CPU &lt;of a kind&gt;'));
  t.true(html.includes('<td>C++ &amp; co</td>') || html.includes('<td class="text">C++ &amp; co</td>'));
  t.true(html.includes('<td class="missed">missed</td>'));
  for (const title of ['Targets', 'Training', 'Inference', 'How cost grows'])
    t.true(html.includes(`<h2>${title}</h2>`));
});

test('bars begin at zero: their lengths are the medians, the longest one that of the slowest', async (t) => {
  const one = comparisonOf('train x sgd', rowWith('blasnet', 'blasnet', 10), rowWith('slow', 'Python', 4000));
  const html = await page(reportWith({ comparisons: [one] }));
  const widths = [...html.matchAll(/style="width:([\d.]+)%"/g)].map(([, width]) => Number(width));
  t.deepEqual(widths, [0.25, 100]);
  t.true(html.includes('400 ×'));
});

test('the page is dark where the reader wants it', async (t) => {
  t.regex(await page(reportWith({})), /@media \(prefers-color-scheme: dark\)/);
});

test('names within the figures are unique on the page', async (t) => {
  const html = await page(reportWith({ sweeps: ['batch', 'width'].map(sweep) }));
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  t.is(new Set(ids).size, ids.length);
  for (const [, id] of html.matchAll(/url\(#([^)]+)\)/g)) t.true(ids.includes(id));
});

test('an empty report is a page without sections', async (t) => {
  t.notRegex(await page(reportWith({})), /<h2>/);
});

test('escapeHtml leaves nothing that a browser takes for a tag or an entity', (t) => {
  t.is(escapeHtml('a < b & "c" > d'), 'a &lt; b &amp; &quot;c&quot; &gt; d');
});
