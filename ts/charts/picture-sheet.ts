import type { TopLevelSpec } from 'vega-lite';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { frame, type PanelOptions, requireSome } from './panel.js';
import { encodePng, type Pixels } from './png.js';
import type { Panel } from './specification.js';

/** A picture of a sheet. */
export interface Picture extends Pixels {
  /** The text below the picture: a line, or several. */
  readonly caption?: string | readonly string[] | undefined;
}

/** Options of `pictureSheet`. */
export interface PictureSheetOptions extends Omit<PanelOptions, 'width' | 'height'> {
  /** Pictures in a row; default 8. */
  readonly columns?: number | undefined;
  /** Longer side of a picture, in SVG units; default 80. */
  readonly size?: number | undefined;
}

const gap = 16;
const fontSize = 11;
const lineHeight = 14;

/**
 * Draws pictures side by side, row by row, with a caption for each, such as digits that a net misread. Pixels are
 * enlarged as squares.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no pictures or a bad option, `ERR_SHAPE_MISMATCH` for pixels that do not
 *   fill their shape
 */
export function pictureSheet(pictures: readonly Picture[], options: PictureSheetOptions = {}): Panel {
  checkOptions(options, ['title', 'subtitle', 'columns', 'size']);
  const { columns = 8, size = 80 } = options;
  requireSome('pictures', 'picture', pictures);
  if (!(Number.isInteger(columns) && columns > 0)) throw badArgument('columns', 'a whole number above 0', columns);
  if (!(Number.isFinite(size) && size > 0)) throw badArgument('size', 'a finite number above 0', size);
  pictures.forEach(requirePixels);
  const captions = pictures.map(({ caption = [] }) => [caption].flat());
  const lines = Math.max(...captions.map(({ length }) => length));
  const rowHeight = size + lines * lineHeight + gap;
  const values = pictures.map((picture, i) => ({
    x: (i % columns) * (size + gap),
    y: Math.floor(i / columns) * rowHeight,
    url: `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`,
    caption: captions[i]!,
  }));
  const width = Math.min(columns, pictures.length) * (size + gap) - gap;
  const height = Math.ceil(pictures.length / columns) * rowHeight - gap;
  const captionLayer = {
    // From the left: Vega guesses how wide a text is, too wide, and would leave room for that beside the pictures.
    mark: { type: 'text', align: 'left', baseline: 'top', dy: size + 3, fontSize, lineHeight },
    encoding: { text: { field: 'caption', type: 'nominal' } },
  } as const;
  const inUnits = { type: 'quantitative', scale: null, axis: null } as const;
  return {
    ...frame({ ...options, width, height }),
    data: { values },
    encoding: { x: { field: 'x', ...inUnits }, y: { field: 'y', ...inUnits } },
    layer: [
      {
        // Without a label, which would hold all of its bytes once more.
        mark: { type: 'image', width: size, height: size, align: 'left', baseline: 'top', smooth: false, aria: false },
        encoding: { url: { field: 'url', type: 'nominal' } },
      },
      ...(lines === 0 ? [] : [captionLayer]),
    ],
  } satisfies TopLevelSpec;
}

function requirePixels({ data, shape }: Picture): void {
  const [channels, height, width] = shape;
  const isWhole = shape.length === 3 && shape.every((size) => Number.isInteger(size) && size > 0);
  if (!isWhole || (channels !== 1 && channels !== 3)) {
    throw shapeMismatch('a picture', 'shape [1 or 3, height, width]', `[${shape.join(', ')}]`);
  }
  if (data.length !== channels * height * width) {
    throw shapeMismatch('pixels', `${channels * height * width} numbers`, `${data.length}`);
  }
}
