import type { InferTensor, ModelInfo } from './api.js';
import { likeMnist } from './digit.js';
import { button, element } from './elements.js';
import { Pad } from './pad.js';

/** Height and width of the images with one channel that a model takes, if it does. */
export function greyImageOf({ inputs, parameters }: ModelInfo): [height: number, width: number] | undefined {
  const [input] = inputs;
  if (!input || inputs.length > 1) return undefined;
  const [channels, height, width] = parameters.image ?? (input.shape.length === 4 ? input.shape.slice(1) : []);
  return channels === 1 && height && width && height > 1 && width > 1 ? [height, width] : undefined;
}

/**
 * A pad to draw on, and beside it what the model sees of the drawing.
 * @param onInput - is given the model's input after each stroke; nothing where the pad has been wiped
 */
export function drawingView(
  model: ModelInfo,
  [height, width]: readonly [height: number, width: number],
  onInput: (inputs: readonly InferTensor[] | undefined) => void,
): HTMLElement {
  const [paper, ink] = model.parameters.image_range ?? [0, 1];
  const small = element('canvas', { className: 'seen', width, height, role: 'img', ariaLabel: 'What the model sees' });
  const pixels = small.getContext('2d')!;
  const pad = new Pad(height, width, () => {
    const picture = likeMnist(pad.drawing, height, width);
    show(pixels, picture, height, width);
    const [{ name, datatype, shape } = { name: 'input', datatype: 'FP32', shape: [] }] = model.inputs;
    const data = picture && Array.from(picture, (grey) => paper + grey * (ink - paper));
    onInput(data && [{ name, datatype, shape: [1, ...shape.slice(1)], data }]);
  });
  return element(
    'div',
    { className: 'drawing' },
    element(
      'p',
      { id: 'pad-help', className: 'hint' },
      'Draw with mouse, finger or pen. By keyboard: arrow keys move the pen, Space sets it down and lifts it, ',
      'Delete wipes the pad.',
    ),
    pad.view,
    element(
      'div',
      { className: 'beside' },
      element('figure', {}, small, element('figcaption', {}, `What the model sees: ${width}\u00a0×\u00a0${height}`)),
      button('Wipe', () => pad.wipe()),
    ),
  );
}

function show(
  canvas: CanvasRenderingContext2D,
  picture: Float64Array | undefined,
  height: number,
  width: number,
): void {
  canvas.clearRect(0, 0, width, height);
  if (!picture) return;
  const image = canvas.createImageData(width, height);
  for (const [i, grey] of picture.entries()) image.data.set([255, 255, 255, Math.round(255 * grey)], 4 * i);
  canvas.putImageData(image, 0, 0);
}
