import { type Fields, isFields } from '../../core/fields.js';
import type {
  DataFiles,
  HyperParameterOptions,
  LayerConfig,
  ScalingMethod,
  TextOptions,
  TimeSeriesCsvOptions,
  TrainOptions,
} from '../../index.js';
import type { OptionSpec } from '../option.js';

/** A layer of a config file. */
export interface ConfigLayer {
  readonly name?: string;
  /** Of a new layer. */
  readonly config?: LayerConfig;
  /** The name of a layer above, which is applied once more: both share their weights. */
  readonly layer?: string;
  /** Names of inputs and of layers above. Default: the layer above; of the first one, the only input. */
  readonly inputs?: readonly string[];
}

/** Settings of the command line that config files do not have. */
export interface CommandSettings {
  readonly config?: string;
  readonly threads?: number;
  readonly checkpoint?: string;
  /** Formats of columns of dates. */
  readonly dateFormats?: Readonly<Record<string, string>>;
  /** Cells that count as missing, beside those that do anyway. */
  readonly missingCells?: readonly string[];
  readonly resume?: boolean;
  readonly out: string;
  /** A folder; false for no charts; undefined: beside the model. */
  readonly charts?: string | false;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** The settings of a time series; without a length the file is a table. */
export interface SeriesSettings extends Partial<Pick<TimeSeriesCsvOptions, 'horizon' | 'target' | 'stride' | 'gap'>> {
  readonly length?: number;
  readonly time?: string;
  readonly timeFormat?: string;
  readonly sort?: boolean;
  /** Time steps of a season, for a baseline. */
  readonly season?: number;
}

/** The settings of texts; without a column the file is a table. */
export interface TextSettings
  extends Pick<
    TextOptions,
    'tokenizer' | 'lowerCase' | 'locale' | 'vocabularySize' | 'minCount' | 'maxLength' | 'keep'
  > {
  /** The column of texts. */
  readonly column?: string;
  readonly features?: NonNullable<TextOptions['features']>;
}

/** Everything that decides a run of `blasnet train`: defaults, overridden by the config file, overridden by options. */
export interface TrainSettings {
  /** Options of `DataReader` that are plain JSON, `test` and `split` included. */
  readonly reader: Partial<DataFiles>;
  /** The part of the training rows that is for validation: 0 for none, a share, or k for 1/k of them. */
  readonly validation: number;
  /** Undefined: 'standard' for a time series, 'minMax' for all others. */
  readonly scale?: ScalingMethod;
  /** False: features and labels are not scaled. */
  readonly normalize?: boolean;
  /** Widths of layers; undefined for the usual ones, and where there are `layers`. */
  readonly net?: string;
  readonly layers?: readonly ConfigLayer[];
  /** The name of the layer that gives the net's output. Default: the last one. */
  readonly outputs?: readonly string[];
  readonly activation: string;
  readonly hyperParameters: Partial<HyperParameterOptions>;
  readonly training: Pick<TrainOptions, 'checkpoint' | 'shuffle' | 'restoreBest' | 'shards'>;
  /** For a file that is a time series. */
  readonly series: SeriesSettings;
  /** For a file of texts. */
  readonly texts: TextSettings;
  readonly command: CommandSettings;
}

/** The settings that are objects; a field of theirs is overridden alone. */
export const sections = ['reader', 'hyperParameters', 'training', 'series', 'texts', 'command'] as const;
type Section = (typeof sections)[number];

/** The place of one setting: `validation`, or `reader.label`. */
export type SettingPath =
  | { [S in Section]: `${S}.${keyof TrainSettings[S] & string}` }[Section]
  | Exclude<keyof TrainSettings & string, Section>;

type SettingAt<Path extends SettingPath> = Path extends `${infer S extends Section}.${infer Field}`
  ? Field extends keyof TrainSettings[S]
    ? TrainSettings[S][Field]
    : never
  : Path extends keyof TrainSettings
    ? TrainSettings[Path]
    : never;

/** An option of `blasnet train`, and the setting that it gives. */
export interface SettingOption extends OptionSpec {
  readonly path: SettingPath;
}

/** Declares an option. This is the one place that a new option needs, apart from the code that uses its setting. */
export function setting<Path extends SettingPath>(
  path: Path,
  flags: string,
  help: string,
  more: {
    readonly parse?: (text: string) => NonNullable<SettingAt<Path>>;
    readonly convert?: (raw: never) => NonNullable<SettingAt<Path>>;
    readonly fallback?: NonNullable<SettingAt<Path>>;
    readonly conflicts?: readonly string[];
  } = {},
): SettingOption {
  return { path, flags, help, ...more };
}

/** Settings of which one replaces the other: where options give one, that of the config file does not count. */
const alternatives: readonly (readonly [SettingPath, SettingPath])[] = [
  ['reader.test', 'reader.split'],
  ['net', 'layers'],
  ['scale', 'normalize'],
];

/** Puts values into nested objects by their paths. */
export function nested(values: readonly (readonly [SettingOption, unknown])[]): Fields {
  let settings: Fields = {};
  for (const [{ path }, value] of values) settings = withField(settings, path, value);
  return settings;
}

/** Joins settings; those of later layers override those of earlier ones. */
export function joined(...layers: readonly Fields[]): TrainSettings {
  const settings = layers.reduce((below, above) => {
    const kept = alternatives.reduce((rest, [one, other]) => {
      const replaced = isGiven(above, one) ? other : isGiven(above, other) ? one : undefined;
      return replaced === undefined ? rest : withField(rest, replaced, undefined);
    }, below);
    const merged = sections.map((name) => [name, { ...(kept[name] as Fields), ...(above[name] as Fields) }]);
    return { ...kept, ...above, ...Object.fromEntries(merged), reader: joinedReader(kept.reader, above.reader) };
  }, {});
  return settings as unknown as TrainSettings;
}

/** Joins options of the reader: what options say of single columns adds to what the config file says of others. */
function joinedReader(below: unknown = {}, above: unknown = {}): Fields {
  const [under, over] = [below as Fields, above as Fields];
  const byColumn = ['categorical', 'dates', 'missing'].flatMap((name) => {
    const [all, some] = [under[name], over[name]];
    if (all === undefined || !isFields(some) || Object.hasOwn(some, '*')) return [];
    if (isFields(all)) return [[name, { ...all, ...some }]];
    return name === 'missing' ? [[name, { '*': all, ...some }]] : [];
  });
  const ignore = [under.ignore, over.ignore].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return { ...under, ...over, ...Object.fromEntries(byColumn), ...(ignore.length > 0 && { ignore }) };
}

function isGiven(settings: Fields, path: SettingPath): boolean {
  const [name, field] = path.split('.') as [string, string?];
  return (field === undefined ? settings[name] : (settings[name] as Fields | undefined)?.[field]) !== undefined;
}

function withField(settings: Fields, path: SettingPath, value: unknown): Fields {
  const [name, field] = path.split('.') as [string, string?];
  return { ...settings, [name]: field === undefined ? value : { ...(settings[name] as Fields), [field]: value } };
}
