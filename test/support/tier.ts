/** How many of the cases of a test to take: all, or a part in `npm test` without --all. */
export function sample(cases: number, part = 10): number {
  return process.env.BLASNET_TESTS === 'quick' ? Math.ceil(cases / part) : cases;
}
