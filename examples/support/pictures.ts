import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPng, renderSvg } from 'blasnet/charts';

type Chart = Parameters<typeof renderSvg>[0];

/** Draws charts of an example into output/<example>/<name>.svg and .png. */
export function pictures(example: string): (name: string, chart: Chart) => Promise<void> {
  return async (name, chart) => {
    const folder = join('output', example);
    await mkdir(folder, { recursive: true });
    const svg = await renderSvg(chart);
    await writeFile(join(folder, `${name}.svg`), svg);
    await writeFile(join(folder, `${name}.png`), await renderPng(svg));
    console.log(`picture ${join(folder, name)}.svg and .png`);
  };
}
