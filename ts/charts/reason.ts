/** What somebody else's error says, to be quoted in a message of ours. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
