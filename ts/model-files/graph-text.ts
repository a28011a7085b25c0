// @internal
import { badArgument } from '../core/errors.js';
import { fieldsOf, oneOf } from '../core/fields.js';
import {
  chainOf,
  type GraphInput,
  type GraphParts,
  knownShapes,
  type NamedLayer,
  requireOrder,
  shapesThrough,
} from '../net/net-graph.js';
import { checkedShape } from '../tensor/tensor.js';

/** A graph as plain JSON: layers by their names, values by their numbers. */
export function graphText({ inputs, steps, outputs, seen }: GraphParts): unknown {
  return {
    inputs,
    steps: steps.map(({ step, name, sources }) => ({ step, layer: name, sources })),
    outputs,
    ...(seen && { seen }),
  };
}

/**
 * Undoes {@link graphText}. The value need not be trusted. Without one, the layers are a chain, as in older files.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`, or `ERR_SHAPE_MISMATCH` for layers that do not fit each other
 */
export function graphIn(value: unknown, layers: readonly NamedLayer[]): GraphParts {
  if (value === undefined) return chainOf(layers);
  const { inputs, steps, outputs, seen } = fieldsOf('the graph', value, ['inputs', 'steps', 'outputs', 'seen']);
  const parts: GraphParts = {
    inputs: listOf('inputs', inputs).map(inputOf),
    steps: listOf('steps', steps).map((entry) => {
      const { step, layer: name, sources } = fieldsOf('a step of the graph', entry, ['step', 'layer', 'sources']);
      const found = layers.find((layer) => layer.name === name);
      if (!found) throw badArgument('a step of the graph', 'the name of a layer of the file', name);
      return { ...found, step: step as string, sources: listOf('sources', sources) as number[] };
    }),
    outputs: listOf('outputs', outputs).map((entry) => {
      const { name, value } = fieldsOf('an output of the graph', entry, ['name', 'value']);
      return { name: textOf('the name of an output', name), value: value as number };
    }),
    seen: seen === undefined ? undefined : listOf('seen', seen).map((shape) => checkedShape(shape as number[], 'seen')),
  };
  requireOrder(parts);
  const unused = layers.find(({ layer }) => !parts.steps.some((step) => step.layer === layer));
  if (unused) throw badArgument('the graph', `layer '${unused.name}' in it`, 'a graph without it');
  const known = knownShapes(parts);
  if (known) shapesThrough(parts, known);
  return parts;
}

function inputOf(value: unknown): GraphInput {
  const { name, rowShape, dtype } = fieldsOf('an input of the graph', value, ['name', 'rowShape', 'dtype']);
  return {
    name: textOf('the name of an input', name),
    rowShape: rowShape === undefined ? undefined : checkedShape(rowShape as number[], 'rowShape'),
    dtype: oneOf('the dtype of an input', ['float32', 'int32'], dtype),
  };
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > 1e6) throw badArgument(name, 'a list', value);
  return value;
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw badArgument(name, 'a text', value);
  return value;
}
