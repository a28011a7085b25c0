import { DataReader, Tensor } from 'blasnet';
import { normalNumbers } from './random.js';

/** Two half circles that grip each other, so scattered that some points lie among the others: 100 points to learn from. */
export function noisyMoons(seed: number): DataReader {
  const [validation, training] = [400, 100];
  const count = validation + training;
  const noise = normalNumbers(2 * count, 0.3, seed);
  const points = Array.from({ length: count }, (_, i) => {
    const angle = Math.PI * ((i * 0.618) % 1);
    const [x, y] = i % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return [x + noise[2 * i]!, y + noise[2 * i + 1]!];
  });
  const reader = DataReader.fromTensors({
    xTrain: Tensor.from(points),
    yTrain: Tensor.from(points.map((_, i) => [i % 2])),
  });
  reader.normalizeY('binaryClassifier');
  reader.generateValidationSet(count / validation);
  return reader;
}
