import type { InferTensor, ModelInfo, TensorInfo } from './api.js';
import { element } from './elements.js';

/** Rows of more numbers than this are written as a list. */
const mostFields = 64;

/** A control of the form. */
interface Field {
  readonly view: HTMLElement;
  /** Returns its value. @throws Error for a value that the model cannot take */
  read(): number | string | number[];
}

/**
 * Makes a form with a field for each number or text of a row.
 * @param onInput - is called with the model's input when the form is sent, or with the error of a field
 */
export function formView(model: ModelInfo, onInput: (inputs: readonly InferTensor[] | Error) => void): HTMLElement {
  const [first] = model.inputs;
  const isWhole = model.inputs.length === 1 && first !== undefined && !isColumn(first);
  const fields = isWhole ? fieldsOfRow(first, model.parameters.feature_names) : model.inputs.map(fieldOf);
  const form = element(
    'form',
    {},
    element('div', { className: 'fields' }, ...fields.map(({ view }) => view)),
    element('button', {}, 'Predict'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    try {
      const values = fields.map((field) => field.read());
      onInput(
        isWhole ? [rowOf(first, values.flat())] : model.inputs.map((info, i) => rowOf(info, [values[i]!].flat())),
      );
    } catch (error) {
      onInput(error as Error);
    }
  });
  return form;
}

/** Whether an input holds one value of a row, as a column of a table does. */
const isColumn = ({ shape, datatype }: TensorInfo) =>
  datatype === 'BYTES' || shape.slice(1).every((size) => size === 1);

/** One row of an input; a size that the model leaves open is that of the data. */
function rowOf({ name, datatype, shape }: TensorInfo, data: readonly (number | string)[]): InferTensor {
  const sizes = shape.slice(1);
  // Cells that are missing are texts among numbers.
  const type = typeof data[0] === 'string' ? 'BYTES' : datatype;
  return { name, datatype: type, shape: [1, ...(sizes.every((size) => size > 0) ? sizes : [data.length])], data };
}

const sizeOfRow = (shape: readonly number[]) => shape.slice(1).reduce((product, each) => product * each, 1);

function fieldsOfRow({ name, shape }: TensorInfo, names: readonly string[] | undefined): Field[] {
  const size = sizeOfRow(shape);
  if (size < 1 || size > mostFields || shape.slice(1).some((each) => each < 1)) return [listField(name, size)];
  return Array.from({ length: size }, (_, i) => numberField(names?.[i] ?? `${name} ${i + 1}`));
}

function fieldOf(info: TensorInfo): Field {
  const { name, datatype, shape, parameters } = info;
  if (!isColumn(info)) return listField(name, sizeOfRow(shape));
  const { categories, missing } = parameters ?? {};
  if (datatype !== 'BYTES') return numberField(name, missing);
  if (parameters?.text) return longTextField(name);
  return categories ? choiceField(name, categories, missing) : textField(name);
}

/** @param missing - the value of an empty field; undefined where it must not be empty */
function numberField(name: string, missing?: string): Field {
  const required = missing === undefined;
  const input = element('input', { type: 'number', step: 'any', required, autocomplete: 'off' });
  if (!required) input.placeholder = 'may be empty';
  return { view: labelled(name, input), read: () => (input.value === '' && !required ? missing : input.valueAsNumber) };
}

function textField(name: string): Field {
  const input = element('input', { type: 'text', autocomplete: 'off' });
  return { view: labelled(name, input), read: () => input.value };
}

function longTextField(name: string): Field {
  const area = element('textarea', { rows: 4, required: true });
  const view = labelled(name, area);
  view.classList.add('wide');
  return { view, read: () => area.value };
}

/** @param missing - the value of the choice '(missing)'; undefined where there is no such choice */
function choiceField(name: string, choices: readonly string[], missing?: string): Field {
  const options = choices
    .filter((choice) => choice !== missing)
    .map((choice) => element('option', { value: choice }, choice));
  if (missing !== undefined) options.push(element('option', { value: missing }, '(missing)'));
  const select = element('select', {}, ...options);
  return { view: labelled(name, select), read: () => select.value };
}

/** A field for a list of `size` numbers; of any length where `size` is below 1. */
function listField(name: string, size: number): Field {
  const area = element('textarea', { rows: 6, required: true, spellcheck: false, placeholder: '0.5, 1, …' });
  const title = size < 1 ? `${name}: numbers, separated by commas` : `${name}: ${size} numbers, separated by commas`;
  const read = () => {
    const texts = area.value.split(/[\s,;]+/).filter((text) => text !== '');
    const wrong = texts.find((text) => !Number.isFinite(Number(text)));
    if (wrong !== undefined) throw new Error(`Expected numbers but received '${wrong}'`);
    if (size >= 1 && texts.length !== size) throw new Error(`Expected ${size} numbers but received ${texts.length}`);
    return texts.map(Number);
  };
  const view = labelled(title, area);
  view.classList.add('wide');
  return { view, read };
}

function labelled(name: string, control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): HTMLElement {
  control.name = name;
  return element('label', {}, element('span', {}, name), control);
}
