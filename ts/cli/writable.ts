export async function requireWritable(_file: string): Promise<void> {}
