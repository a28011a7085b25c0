import type { ModelInfo, TensorInfo } from './api.js';
import { element } from './elements.js';

const netTypes = { fitting: 'fitting', binaryClassifier: 'binary classifier', multipleClassifier: 'classifier' };

/** Describes a model in one line. */
export function factsOf(version: string, { parameters }: ModelInfo): string {
  const { net_type, classes, loaded_at } = parameters;
  const facts = [
    `version ${version}`,
    netTypes[net_type],
    ...(classes ? [`${classes.length} classes`] : []),
    `loaded ${new Date(loaded_at).toLocaleString()}`,
  ];
  return facts.join(' · ');
}

/** A longer list of tensors is folded at first. */
const mostRows = 20;

/** A table of a model's inputs, or of its outputs. */
export function tensorTable(title: string, tensors: readonly TensorInfo[]): HTMLElement {
  const heads = ['Name', 'Datatype', 'Shape'].map((text) => element('th', { scope: 'col' }, text));
  const rows = tensors.map(({ name, datatype, shape }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', {}, datatype),
      element('td', {}, shapeText(shape)),
    ),
  );
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows));
  const summary = element('summary', {}, `${title} (${tensors.length})`);
  return element('details', { open: tensors.length <= mostRows }, summary, table);
}

const shapeText = ([, ...sizes]: readonly number[]) =>
  ['rows', ...sizes.map((size) => (size < 0 ? 'any' : String(size)))].join(' × ');
