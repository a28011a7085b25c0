/** The colours of the page; the second of each is that in the dark. */
const colours = {
  paper: ['#ffffff', '#14181d'],
  ink: ['#1d2329', '#e4e9ee'],
  faint: ['#56616c', '#9aa7b3'],
  line: ['#dde3e8', '#303943'],
  track: ['#f0f3f6', '#1f262d'],
  blasnet: ['#0067a5', '#4db3ff'],
  cpp: ['#00795a', '#3fc79a'],
  js: ['#a86400', '#e6a23c'],
  wasm: ['#a33d7b', '#e58fc0'],
  python: ['#6b5bb5', '#a99bf0'],
  missed: ['#b03a00', '#ff9a66'],
} as const;

const variables = (i: 0 | 1) =>
  Object.entries(colours)
    .map(([name, pair]) => `--${name}: ${pair[i]};`)
    .join(' ');

/** The style of the page: one column, dark where the reader wants it, and readable on 360 pixels. */
export const style = `
:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 900px; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } small { color: var(--faint); font-weight: normal; }
figure { margin: 1.5rem 0; } svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
.wide { overflow-x: auto; } .wide th, .wide td { white-space: nowrap; }
.wide th:first-child, .wide td:first-child, td.text { text-align: left; } .wide td:first-child { white-space: normal; min-width: 9rem; }
.own td, .own th { font-weight: bold; color: var(--blasnet); } .missed { color: var(--missed); } details { margin: .3rem 0 1.5rem; }
.bars { width: 100%; margin-top: 1.5rem; } .bars caption { text-align: left; padding-bottom: .3rem; }
.bars th, .bars td { border: 0; padding: .1rem .4rem; } .bars th { text-align: left; font-weight: normal; width: 15rem; padding-left: 0; }
.bars td:last-child { width: 9rem; padding-right: 0; } .bars .own th { font-weight: bold; }
.track i { display: block; height: .85rem; min-width: 1px; border-radius: 0 2px 2px 0; background: var(--faint); }
${['blasnet', 'cpp', 'js', 'wasm', 'python'].map((name) => `i.${name}, .track i.${name} { background: var(--${name}); }`).join(' ')}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; font-size: 14px; }
.legend i { display: inline-block; width: .85rem; height: .85rem; margin-right: .4rem; vertical-align: -1px; }
@media (max-width: 600px) {
  .bars tbody, .bars tr { display: block; } .bars tr { display: flex; flex-wrap: wrap; justify-content: space-between; margin-bottom: .4rem; }
  .bars th, .bars td, .bars td:last-child { width: auto; padding: 0; } .bars th { flex: 1 1 0; } .bars .track { order: 3; width: 100%; background: var(--track); }
}
svg text { fill: var(--ink) !important; } svg .role-axis line, svg .role-axis path { stroke: var(--line) !important; }
`;
