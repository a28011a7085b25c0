/** Whether this is `npm test` without --all. */
export const isQuick = process.env.BLASNET_TESTS === 'quick';

/** How many of the cases of a test to take: all, or a part in the quick tier. */
export function sample(cases: number, part = 10): number {
  return isQuick ? Math.ceil(cases / part) : cases;
}
