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

/** Options by the names of their values; see {@link option}. */
export type OptionTable = Readonly<Record<string, TypedOption<unknown>>>;

/** The values of options: undefined where one was not given and has no fallback. */
export type ValuesOf<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends TypedOption<infer Value> ? Value | undefined : never;
};

/** An option with the type of its value. */
export interface TypedOption<Value> extends OptionSpec {
  readonly fallback?: Value;
}

/** Declares an option of a command. Its place in the command's table is the one place that it needs. */
export function option<Value>(
  flags: string,
  help: string,
  more: {
    readonly parse?: (text: string) => Value;
    readonly convert?: (raw: never) => Value;
    readonly fallback?: Value;
    readonly conflicts?: readonly string[];
  } = {},
): TypedOption<Value> {
  return { flags, help, ...more };
}

/** Returns the values of a table's options, given ones or fallbacks. */
export function valuesOf<Table extends OptionTable>(command: Command, table: Table): ValuesOf<Table> {
  const specs = Object.entries(table).map(([name, spec]) => ({ name, ...spec }));
  const given = givenOptions(command, specs).map(([{ name }, value]) => [name, value] as const);
  const fallbacks = specs.map(({ name, fallback }) => [name, fallback] as const);
  return Object.fromEntries([...fallbacks, ...given]) as ValuesOf<Table>;
}
