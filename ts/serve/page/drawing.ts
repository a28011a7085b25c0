import type { InferTensor, ModelInfo } from './api.js';
import { likeMnist } from './digit.js';
import { button, element } from './elements.js';
import { type ImageShape, imageInput, seenView } from './images.js';
import { Pad } from './pad.js';

/**
 * Makes a pad to draw on, for images of one channel, and beside it the picture that the model sees.
 * @param onInput - is called with the model's input after each stroke, and with undefined when the pad is wiped
 */
export function drawingView(
  model: ModelInfo,
  shape: ImageShape,
  onInput: (inputs: readonly InferTensor[] | undefined) => void,
): HTMLElement {
  const [, height, width] = shape;
  const { figure, pixels } = seenView(shape);
  const pad = new Pad(height, width, () => {
    const picture = likeMnist(pad.drawing, height, width);
    show(pixels, picture, height, width);
    onInput(picture && imageInput(model, picture));
  });
  return element(
    'div',
    { className: 'drawing' },
    element(
      'p',
      { id: 'pad-help', className: 'hint' },
      'Draw with the mouse, a finger or a pen. On the keyboard, arrow keys move the pen, Space sets it down or lifts it, ',
      'and Delete clears the pad.',
    ),
    pad.view,
    element(
      'div',
      { className: 'beside' },
      figure,
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
