import type { CifarImageReader, MnistImageDataReader, NeuralNet, TrainingHistory } from 'blasnet';
import {
  confusionChart,
  confusionMatrix,
  filterPictures,
  lossChart,
  type Picture,
  type Pixels,
  pictureSheet,
} from 'blasnet/charts';
import { classesOf } from './metrics.js';
import { mistakesOf } from './mistakes.js';
import { pictures } from './pictures.js';

export interface TrainedImageNet {
  readonly net: NeuralNet;
  readonly history: TrainingHistory;
  readonly reader: MnistImageDataReader | CifarImageReader;
  readonly classNames: readonly string[];
  /** Name of the convolution that sees the images themselves. */
  readonly firstLayer: string;
}

const shownMistakes = 40;

/**
 * Pictures of how a net learnt, what it mistook for what, images among them, and what its first layer looks for; into
 * output/<example>.
 */
export async function drawImageReport(
  example: string,
  { net, history, reader, classNames, firstLayer }: TrainedImageNet,
): Promise<void> {
  const save = pictures(example);
  await save('loss', lossChart(history.records, { title: net.name, accuracyTitle: 'Accuracy' }));

  const probabilities = await net.inferenceAsync(reader.xTest);
  const counts = confusionMatrix(classesOf(reader.yTest), classesOf(probabilities), classNames.length);
  const size = { width: 64 * classNames.length, height: 48 * classNames.length };
  await save('confusion', confusionChart(counts, classNames, { title: `${net.name}: test images`, ...size }));

  const mistakes = mistakesOf(reader.yTest, probabilities);
  console.log(`${mistakes.length} of ${reader.numTest} test images misclassified`);
  if (mistakes.length > 0) {
    const { data, rowSize } = reader.xTestRaw;
    const shown = mistakes.slice(0, shownMistakes).map(
      ({ row, real, predicted }): Picture => ({
        data: data.subarray(row * rowSize, (row + 1) * rowSize),
        shape: reader.imageShape as Pixels['shape'],
        caption: [classNames[real]!, `taken for ${classNames[predicted]!}`],
      }),
    );
    const title = `${net.name}: misclassified test images`;
    const subtitle = `${shown.length} of ${mistakes.length}, those first that the net was surest of`;
    await save('mistakes', pictureSheet(shown, { title, subtitle, size: 112 }));
  }

  const filters = filterPictures(net.getLayer(firstLayer).weights.W!);
  const subtitle = 'Middle grey is 0, brighter is positive, darker is negative';
  await save(
    'filters',
    pictureSheet(filters, { title: `${net.name}: filters of the first layer`, subtitle, size: 64 }),
  );
}
