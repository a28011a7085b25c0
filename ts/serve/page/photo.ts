import type { InferTensor, ModelInfo } from './api.js';
import { element } from './elements.js';
import { type ImageShape, imageInput, seenView } from './images.js';

/**
 * A file to choose, for images in colours; what the model sees is its middle, scaled down.
 * @param onInput - is given the model's input, or an error where the file is no picture
 */
export function photoView(
  model: ModelInfo,
  shape: ImageShape,
  onInput: (inputs: readonly InferTensor[] | Error) => void,
): HTMLElement {
  const { figure, pixels } = seenView(shape);
  const input = element('input', { type: 'file', accept: 'image/*', name: 'picture' });
  input.addEventListener('change', async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    const photo = await createImageBitmap(file).catch(() => undefined);
    if (photo) onInput(imageInput(model, planesOf(pixels, photo, shape)));
    else onInput(new Error(`Expected a picture but received '${file.name}'`));
  });
  return element('div', { className: 'photo' }, element('label', {}, element('span', {}, 'Picture'), input), figure);
}

/** Red, then green, then blue of the largest part in the middle that has the image's proportions; values from 0 to 1. */
function planesOf(
  pixels: CanvasRenderingContext2D,
  photo: ImageBitmap,
  [channels, height, width]: ImageShape,
): number[] {
  const scale = Math.max(width / photo.width, height / photo.height);
  const [across, down] = [photo.width * scale, photo.height * scale];
  Object.assign(pixels, { imageSmoothingQuality: 'high', fillStyle: '#fff' });
  pixels.fillRect(0, 0, width, height); // behind what is transparent
  pixels.drawImage(photo, (width - across) / 2, (height - down) / 2, across, down);
  const { data } = pixels.getImageData(0, 0, width, height);
  const size = height * width;
  return Array.from({ length: channels * size }, (_, i) => data[4 * (i % size) + Math.floor(i / size)]! / 255);
}
