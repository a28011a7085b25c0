import { blasnet } from '../support/command-line.js';

export const inspect = async (...args: string[]) => {
  const { code, output, errors } = await blasnet('.', ['inspect', ...args]);
  return { code, errors, output, json: args.includes('--json') && code === 0 ? JSON.parse(output) : undefined };
};
