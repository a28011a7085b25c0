/**
 * Chooses at most `limit` of `count` points: evenly spread, with the first, the last and, if given, `keep` among them.
 *
 * @param limit at least 3
 * @returns ascending indices, at most `limit`
 */
export function thin(count: number, limit: number, keep?: number): number[] {
  if (count <= limit) return Array.from({ length: count }, (_, index) => index);
  const even = limit - 1;
  const indices = Array.from({ length: even }, (_, index) => Math.round((index * (count - 1)) / (even - 1)));
  if (keep !== undefined && !indices.includes(keep)) indices.push(keep);
  return indices.sort((a, b) => a - b);
}
