import { Tensor } from 'blasnet';
import { normalNumbers } from './random.js';

/** Points of three interleaved spirals, which no straight line parts: x is rows × 2, y the number of the spiral. */
export function spirals(pointsOfEach: number, seed: number): { xTrain: Tensor; yTrain: Tensor } {
  const noise = normalNumbers(3 * pointsOfEach, 0.1, seed);
  const points = noise.map((value, i) => {
    const [arm, radius] = [i % 3, i / noise.length];
    const angle = 4 * radius + (2 * Math.PI * arm) / 3 + value;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { xTrain: Tensor.from(points), yTrain: Tensor.from(points.map((_, i) => [i % 3])) };
}
