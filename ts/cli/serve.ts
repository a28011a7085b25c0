export interface ServeFlags {
  readonly name?: readonly string[];
}
export async function runServe(_models: readonly string[], _flags: ServeFlags): Promise<void> {}
