// @internal
import type { GraphImport } from './graph-import.js';
import { lifted } from './lift.js';
import { microsoftNodes } from './microsoft.js';
import type { OnnxNode } from './node.js';
import * as families from './nodes/index.js';
import { isStandard } from './operators/supported.js';
import { amongBytes } from './quantized/guard.js';

/** Imports a node of a graph: reads its attributes and inputs, and gives its outputs. */
export type GraphOperator = (state: GraphImport, node: OnnxNode) => void;

/** Operators of ONNX by name. */
export type Operators = Readonly<Record<string, GraphOperator>>;

const table = new Map<string, GraphOperator>(
  Object.values(families as Readonly<Record<string, Operators>>)
    .flatMap((family) => Object.entries(family))
    .map(([name, operator]) => [name, amongBytes(name, lifted(name, operator))] as const),
);

const microsoft = new Map(Object.entries(microsoftNodes));

/** The names of all operators that a graph may have. */
export const graphOperatorNames: readonly string[] = [
  ...new Set([...table.keys(), ...Object.keys(microsoftNodes)]),
].sort();

/** The importer of a node; undefined for an operator that blasnet does not support. */
export function graphOperatorOf(node: OnnxNode): GraphOperator | undefined {
  if (isStandard(node)) return table.get(node.operator);
  return node.domain === 'com.microsoft' ? microsoft.get(node.operator) : undefined;
}
