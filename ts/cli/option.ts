import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './output.js';

/** How an option of a command is written, what its help says, and how it becomes a value. */
export interface OptionSpec {
  /** As commander has them: `-e, --epochs <n>`. */
  readonly flags: string;
  readonly help: string;
  /** The value where the option is not given; the help shows it. */
  readonly fallback?: unknown;
  /** Makes a value of one text; throws commander's `InvalidArgumentError`. */
  readonly parse?: ((text: string) => unknown) | undefined;
  /** Makes a value of what commander gives for a list or a flag; throws commander's `InvalidArgumentError`. */
  readonly convert?: ((raw: never) => unknown) | undefined;
  /** Attribute names, in camel case, of options that may not be given together with it. */
  readonly conflicts?: readonly string[] | undefined;
}

/** Adds options to a command, under a heading of its help. */
export function addOptions(command: Command, heading: string, specs: readonly OptionSpec[]): void {
  for (const { flags, help, fallback, parse, conflicts } of specs) {
    const text = fallback === undefined ? help : `${help} (default: ${String(fallback)})`;
    const option = new Option(flags, text).helpGroup(heading);
    if (parse) option.argParser(parse);
    if (conflicts) option.conflicts([...conflicts]);
    command.addOption(option);
  }
}

/** Returns the values of the options that the user gave, converted, in the order of the specs. */
export function givenOptions<Spec extends OptionSpec>(
  command: Command,
  specs: readonly Spec[],
): readonly (readonly [Spec, unknown])[] {
  return specs.flatMap((spec) => {
    const option = command.options.find(({ flags }) => flags === spec.flags)!;
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') return [];
    const raw: unknown = command.getOptionValue(name);
    // `--charts` and `--no-charts` share one value, which only one of them has.
    if (option.negate !== (raw === false)) return [];
    return [[spec, converted(spec, raw, option.long!)]];
  });
}

function converted({ convert }: OptionSpec, raw: unknown, name: string): unknown {
  if (!convert) return raw;
  try {
    return convert(raw as never);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${name}: ${error.message}; --help tells more`);
  }
}
