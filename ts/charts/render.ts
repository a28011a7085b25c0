import { dirname, extname, join } from 'node:path';
import type { ResvgRenderOptions } from '@resvg/resvg-js';
import type { TopLevelSpec } from 'vega-lite';
import { BlasnetError, badArgument, reasonOf } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { writeFileAtomic } from '../core/files.js';
import { keepLoaded } from '../core/keep-loaded.js';
import { requirePackage } from '../core/own-package.js';
import { loadOptional, rethrow } from './optional.js';
import type { ChartSpecification } from './specification.js';
import { fontFamily, theme } from './theme.js';

const maxScale = 8;
/** More than any chart needs, at 4 bytes each; resvg aborts the process if it cannot allocate its memory. */
const maxPixels = 2 ** 26;
/** Vega writes this `image-rendering` after one that resvg supports. resvg takes the last one, and would blur pixels. */
const unknownRendering = ' image-rendering: pixelated;';

/**
 * Draws a Vega-Lite chart, one of this module or your own, in the theme of all charts.
 *
 * @returns the text of an SVG file
 * @throws BlasnetError `ERR_BAD_ARGUMENT` if the specification does not compile, `ERR_NATIVE_LOAD` if vega or
 *   vega-lite is not installed
 */
export async function renderSvg(spec: ChartSpecification): Promise<string> {
  const vegaLite = await loadOptional('vega-lite', () => import('vega-lite').catch(rethrow));
  const vega = await loadOptional('vega', () => import('vega').catch(rethrow));
  const logger = vega.logger(vega.Warn);
  let runtime: ReturnType<typeof vega.parse>;
  try {
    runtime = vega.parse(vegaLite.compile(spec as TopLevelSpec, { config: theme, logger }).spec);
  } catch (cause) {
    throw new BlasnetError(
      'ERR_BAD_ARGUMENT',
      `Expected a Vega-Lite specification for spec but received one that does not compile: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const view = new vega.View(runtime, { renderer: 'none', logger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Options of `renderPng`. */
export interface PngOptions {
  /** Pixels per SVG unit, above 0 and up to 8; default 2, which is sharp on screens of high density. */
  readonly scale?: number | undefined;
}

/**
 * Draws an SVG as a PNG on white. It uses its own copy of DejaVu Sans and no font of the system, so that every machine
 * draws the same picture.
 *
 * @param svg the text of an SVG file
 * @returns the bytes of a PNG file
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a scale out of range or a text that is not SVG, `ERR_NATIVE_LOAD` if
 *   `@resvg/resvg-js` or `dejavu-fonts-ttf` is not installed
 */
export async function renderPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  checkOptions(options, ['scale']);
  const { scale = 2 } = options;
  if (!(typeof scale === 'number' && scale > 0 && scale <= maxScale))
    throw badArgument('scale', `a number above 0 and up to ${maxScale}`, scale);
  const { Resvg, renderAsync } = await loadOptional('@resvg/resvg-js', () => import('@resvg/resvg-js').catch(rethrow));
  keepLoaded(/resvgjs\.[^/\\]*\.node$/);
  const fonts = await loadOptional('dejavu-fonts-ttf', () =>
    dirname(requirePackage.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
  );
  const resvgOptions: ResvgRenderOptions = {
    background: 'white',
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      defaultFontFamily: fontFamily,
      sansSerifFamily: fontFamily,
    },
  };
  const known = svg.replaceAll(unknownRendering, '');
  const size = svgSize(() => new Resvg(known, resvgOptions));
  const width = size.width * scale;
  const height = size.height * scale;
  if (!(width >= 1 && height >= 1 && width * height <= maxPixels)) {
    throw new BlasnetError(
      'ERR_BAD_ARGUMENT',
      `Expected a picture of 1 to ${maxPixels} pixels for svg but received one of ${width} × ${height}`,
    );
  }
  const image = await renderAsync(known, resvgOptions);
  return image.asPng();
}

/** Returns width and height in SVG units. */
function svgSize(parse: () => { readonly width: number; readonly height: number }): { width: number; height: number } {
  try {
    const { width, height } = parse();
    return { width, height };
  } catch (cause) {
    throw new BlasnetError(
      'ERR_BAD_ARGUMENT',
      `Expected an SVG picture for svg but received one with an error: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Writes a chart to a file in one atomic step. Makes missing folders.
 *
 * @param file a name that ends in `.svg` or `.png`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for another extension, `ERR_BAD_FILE` if the folder cannot be made or the
 *   file not be written, and the errors of `renderSvg` and `renderPng`
 */
export async function saveChart(spec: ChartSpecification, file: string): Promise<void> {
  const extension = typeof file === 'string' ? extname(file).toLowerCase() : '';
  if (extension !== '.svg' && extension !== '.png') {
    throw badArgument('file', 'a name that ends in .svg or .png', file);
  }
  const svg = await renderSvg(spec);
  const content = extension === '.svg' ? svg : await renderPng(svg);
  await writeFileAtomic(file, content);
}
