import type { Family } from './contender.js';
import { escapeHtml } from './html.js';
import { type Comparison, rowOf, sorted } from './report.js';
import { threeDigits } from './table.js';

/** Names of the families of contenders in styles. */
const classes: Readonly<Record<Family, string>> = {
  blasnet: 'blasnet',
  'C++': 'cpp',
  JavaScript: 'js',
  WebAssembly: 'wasm',
  Python: 'python',
};

/** A line that tells which colour is which family's. */
export function legend(comparisons: readonly Comparison[]): string {
  const found = new Set(comparisons.flatMap(({ rows }) => rows.map(({ family }) => family)));
  const families = (Object.keys(classes) as Family[]).filter((family) => found.has(family));
  const one = (family: Family) => `<li><i class="${classes[family]}"></i>${escapeHtml(family)}</li>`;
  return families.length > 1 ? `<ul class="legend">${families.map(one).join('')}</ul>` : '';
}

/** A bar for everybody, the fastest on top, from zero to the slowest one. */
export function bars(comparison: Comparison): string {
  const rows = sorted(comparison);
  const most = Math.max(...rows.map(({ summary }) => summary.median));
  const own = rowOf(comparison, 'blasnet')?.summary.median;
  const line = ({ name, family, summary: { median }, note }: (typeof rows)[number]) => {
    const share = most > 0 ? (100 * median) / most : 0;
    const times = own === undefined || name === 'blasnet' ? '' : ` <small>${threeDigits(median / own)} ×</small>`;
    const remark = note ? ` <small>${escapeHtml(note)}</small>` : '';
    return (
      `<tr${family === 'blasnet' ? ' class="own"' : ''}><th scope="row">${escapeHtml(name)}${remark}</th>` +
      `<td class="track"><i class="${classes[family]}" style="width:${share.toFixed(2)}%"></i></td>` +
      `<td>${threeDigits(median)}${times}</td></tr>`
    );
  };
  const relative = own === undefined || rows.length < 2 ? '' : '; × of blasnet’s';
  return (
    `<table class="bars"><caption><b>${escapeHtml(comparison.title)}</b><br>` +
    `<small>${escapeHtml(comparison.unit)}, median${relative}; shorter is faster</small></caption>` +
    `<tbody>\n${rows.map(line).join('\n')}\n</tbody></table>`
  );
}
