// @internal
import { definedFields } from '../core/objects.js';
import { mapNamed } from './by-name.js';
import type { CsvDetails } from './csv/read-csv.js';
import type { LabelPreparation } from './label-preparation.js';
import type { Part } from './part.js';
import type { FeatureScaling, InputPreparation, OutputPreparation, Preparation } from './preparation/preparation.js';
import { rowType } from './rows.js';

/** The encodings and scalings of a reader, where they are kept. */
export interface PreparationParts {
  readonly like: Part;
  readonly csv: CsvDetails | undefined;
  /** The scaling of an input; undefined where it is not scaled. */
  readonly scalingOf: (name: string) => FeatureScaling | undefined;
  readonly targets: ReadonlyMap<string, LabelPreparation>;
  /** The names of a target's class numbers. */
  readonly labelNamesOf: (name: string) => readonly string[] | undefined;
  readonly image: InputPreparation['image'] | undefined;
}

/** The encodings and scalings of a reader's rows; by name where its inputs or targets have names. */
export function preparationOf({ like, csv, scalingOf, targets, labelNamesOf, image }: PreparationParts): Preparation {
  const inputs = mapNamed(like.inputs, (rows, name): InputPreparation => {
    const features = csv?.inputs[name];
    const dtype = rowType(rows) === 'int32' ? ('int32' as const) : undefined;
    return {
      inputShape: rows.rowShape,
      ...definedFields({ dtype, image, x: scalingOf(name), featureNames: features?.names, columns: features?.columns }),
    };
  });
  const outputs = Object.fromEntries(
    [...targets].map(([name, target]): [string, OutputPreparation] => {
      const names = labelNamesOf(name);
      const classes = target.classLabels.map((label) => names?.[label] ?? String(label));
      return [name, definedFields({ y: target.inverse, classes: classes.length > 0 ? classes : undefined })];
    }),
  );
  const [input, output] = [inputs[''], outputs['']];
  return input && output ? { ...input, ...output } : { inputs, targets: outputs };
}
