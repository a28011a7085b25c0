import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import { type AnyTensor, floatTypeOf, sizeOf, Tensor } from '../tensor/tensor.js';
import { checkImageOptions, checkStatistics } from './check-image-options.js';
import { DataReader } from './data-reader.js';
import type { ChannelStatistics, ImageMode, ImageOptions, PixelNormalization } from './image-options.js';
import type { NamedTensors } from './named-tensors.js';
import { inputsOf, type Part, partOf } from './part.js';
import { type ChannelScaling, type ImageShape, scalePixels, statisticsOf, unscaled } from './pixels.js';
import type { FeatureScaling } from './preparation/preparation.js';
import { rowsOf } from './rows.js';
import type { ScalingOptions } from './scaling-options.js';

/** Images, channel by channel, and their class numbers. */
export interface LabelledImages {
  readonly shape: ImageShape;
  readonly pixels: Uint8Array;
  readonly labels: Float32Array;
}

/** Images are not scaled column by column. */
type NoScaling = { readonly [Name in keyof ScalingOptions]?: undefined };

/** The brightest pixel. */
const maximum = 255;

/** A data set of labelled images. Pixels stay bytes in memory until a batch is gathered. */
export abstract class ImageDataReader extends DataReader {
  readonly mode: ImageMode;
  readonly #augment: ImageOptions['augment'];
  #shape: ImageShape | undefined;
  #isNormalized = false;
  #scaling: ChannelScaling | undefined;
  #statistics: ChannelStatistics | undefined;

  constructor(options: ImageOptions, mode: ImageMode) {
    super();
    fieldsOf('files', options);
    checkImageOptions(options);
    this.mode = options.mode ?? mode;
    this.#augment = options.augment;
  }

  /** Channels, height and width of an image, in either mode; undefined before they are read. */
  override get imageShape(): ImageShape | undefined {
    return this.#shape;
  }

  protected override get featureScaling(): FeatureScaling | undefined {
    if (!this.#isNormalized) return undefined;
    const { mean: offset, factor: scale } = this.#scaling ?? unscaled(1);
    return { per: 'channel', divisor: maximum, offset: [...offset], scale: [...scale] };
  }

  /** Mean and deviation that `normalizeX({ perChannel: … })` has used, to give to another reader or keep with the net. */
  get channelStatistics(): ChannelStatistics | undefined {
    return this.#statistics;
  }

  /** Makes these images the raw rows; for readers of other formats. */
  protected setImages(train: LabelledImages, test: LabelledImages | undefined): void {
    const [, height, width] = train.shape;
    const crop = this.#augment?.crop ?? 0;
    if (crop >= Math.min(height, width)) {
      throw badArgument('crop', `fewer pixels than images of ${height} × ${width} have`, crop);
    }
    if (test && test.shape.join() !== train.shape.join()) {
      const [, testHeight, testWidth] = test.shape;
      throw shapeMismatch('the test set', `images of ${height} × ${width} pixels`, `${testHeight} × ${testWidth}`);
    }
    this.setRaw(this.#partOf(train), test && this.#partOf(test));
    this.#shape = train.shape;
    this.#isNormalized = false;
    this.#scaling = undefined;
    this.#statistics = undefined;
  }

  /**
   * Scales pixels to [0, 1] as x / 255, or each channel to mean 0 and deviation 1. A constant channel becomes 0.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` after the validation set was taken, or for statistics of other channels
   */
  override normalizeX(options: PixelNormalization & NoScaling = {}): void {
    checkOptions(options, ['perChannel']);
    const { perChannel = false } = options;
    const { rawTrain } = this.requireSet();
    const [channels, height, width] = this.#shape!;
    let statistics: ChannelStatistics | undefined;
    if (perChannel === true) {
      statistics = statisticsOf(inputsOf(rawTrain)['']!.data as Uint8Array, channels, height * width);
    } else if (perChannel !== false) {
      checkStatistics(perChannel, channels);
      statistics = { mean: [...perChannel.mean], deviation: [...perChannel.deviation] };
    }
    const scaling = statistics && scalingOf(statistics);
    this.changeX((rows) => ({ ...rows, divisor: maximum, image: { ...rows.image!, scaling } }));
    this.#isNormalized = true;
    this.#scaling = scaling;
    this.#statistics = statistics;
  }

  /** Scales raw pixels, 0 to 255, as `normalizeX` has scaled the training images: a row for each image, flat or not. */
  override normalizePredictData(x: AnyTensor): Tensor;
  override normalizePredictData(x: NamedTensors): NamedTensors;
  override normalizePredictData(x: AnyTensor | NamedTensors): AnyTensor | NamedTensors {
    if (!this.#isNormalized) throw badArgument('normalizePredictData', 'normalizeX before it', 'none');
    if (!(x instanceof Tensor)) throw badArgument('rows', 'a Tensor', x);
    const size = sizeOf(this.#shape!);
    if (x.rowSize !== size) throw shapeMismatch('rows', `${size} pixels`, `${x.rowSize}`);
    const result = Tensor.zeros([x.rows, ...this.#rowShape(this.#shape!)], floatTypeOf(x));
    scalePixels(x.data, size, maximum, this.#scaling, result.data);
    return result;
  }

  #rowShape(shape: ImageShape): readonly number[] {
    return this.mode === 'image' ? shape : [sizeOf(shape)];
  }

  #partOf({ shape, pixels, labels }: LabelledImages): Part {
    const count = pixels.length / sizeOf(shape);
    const image = { shape, augment: this.#augment };
    const x = { data: pixels, count, rowShape: this.#rowShape(shape), divisor: 1, image };
    return partOf(x, rowsOf(Tensor.from(labels, [labels.length, 1])));
  }
}

/** Turns division by the deviation into multiplication. */
function scalingOf({ mean, deviation }: ChannelStatistics): ChannelScaling {
  const factor = Float64Array.from(deviation, (value) => (value === 0 ? 0 : 1 / value));
  return { mean: Float64Array.from(mean), factor };
}
