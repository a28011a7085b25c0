import { InvalidArgumentError } from 'commander';

/** Makes a parser of whole numbers from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number ${range}`);
    }
    return value;
  };
}

/** A parser of finite numbers of at least 0, or above 0. */
export function positiveNumber({ orZero }: { readonly orZero: boolean }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < 0 || (value === 0 && !orZero)) {
      throw new InvalidArgumentError(`Expected a number ${orZero ? 'of at least' : 'above'} 0`);
    }
    return value;
  };
}

/** A parser of batch sizes: a whole number, or `all` rows. */
export function batchSize(text: string): number {
  return text === 'all' ? -1 : wholeNumber(1)(text);
}

/** A parser of options that may be given several times. */
export function collected(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** `name=value` pairs, such as `age=median`. A name may hold `=`, a value may not. */
export function pairOf(text: string): readonly [name: string, value: string] | undefined {
  const at = text.lastIndexOf('=');
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : undefined;
}
