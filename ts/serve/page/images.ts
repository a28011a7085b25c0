import type { InferTensor, ModelInfo } from './api.js';
import { element } from './elements.js';

/** Channels, height and width of the images that a model takes, if it takes any. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export function imageShapeOf({ inputs, parameters }: ModelInfo): ImageShape | undefined {
  return inputs.length === 1 ? parameters.image : undefined;
}

/**
 * The input for one image.
 * @param greys - from 0 to 1, row by row, channel by channel
 */
export function imageInput({ inputs, parameters }: ModelInfo, greys: ArrayLike<number>): InferTensor[] {
  // A net without a reader's preparation takes what it computes with, and that is seldom bytes.
  const [paper, ink] = parameters.image_range ?? [0, 1];
  const data = Array.from(greys, (grey) => paper + grey * (ink - paper));
  return inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [1, ...shape.slice(1)], data }));
}

/** Makes the small picture that the model sees, with its caption. */
export function seenView([, height, width]: ImageShape): { figure: HTMLElement; pixels: CanvasRenderingContext2D } {
  const canvas = element('canvas', { className: 'seen', width, height, role: 'img', ariaLabel: 'What the model sees' });
  const caption = element('figcaption', {}, `What the model sees: ${width}\u00a0×\u00a0${height}`);
  return {
    figure: element('figure', {}, canvas, caption),
    pixels: canvas.getContext('2d', { willReadFrequently: true })!,
  };
}
