import { type Comparison, rowOf } from '../report.js';
import { threeDigits } from '../table.js';

/** Whether it is one of a product: `product nn:64x128x784`. */
export const isOfProduct = ({ id }: Pick<Comparison, 'id'>): boolean => id.startsWith('product ');

/** All products in one table: everybody's GFLOP/s, and blasnet's share of the others'. */
export function productTable(comparisons: readonly Comparison[]): { header: string[]; rows: string[][] } {
  const names = [...new Set(comparisons.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const others = names.filter((name) => name !== 'blasnet');
  const rows = comparisons.map((comparison) => {
    const speed = (name: string) => {
      const least = rowOf(comparison, name)?.summary.median;
      return least === undefined ? undefined : comparison.flops! / least / 1000; // operations a microsecond, by 1000
    };
    const own = speed('blasnet');
    const cells = others.flatMap((name) => {
      const other = speed(name);
      if (other === undefined) return ['–', ''];
      return [threeDigits(other), own === undefined ? '' : (own / other).toFixed(2)];
    });
    return [comparison.title, own === undefined ? '–' : threeDigits(own), ...cells];
  });
  return { header: ['GFLOP/s, one thread', 'blasnet', ...others.flatMap((name) => [name, 'blasnet / it'])], rows };
}
