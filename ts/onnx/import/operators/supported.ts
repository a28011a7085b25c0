// @internal
import { badFile } from '../../../core/files.js';
import type { OnnxNode } from '../node.js';
import { plain } from '../quote.js';

/** Whether a node is one of ONNX's own operators. */
export const isStandard = ({ domain }: OnnxNode) => domain === '' || domain === 'ai.onnx';

/** Limits on the nodes that an error lists. */
const most = { operators: 8, nodes: 3 } as const;

/**
 * Checks that blasnet supports the operators of all nodes.
 * @throws BlasnetError `ERR_BAD_FILE` that lists the other operators, with the names of their nodes
 */
export function requireOperators(
  nodes: readonly OnnxNode[],
  isSupported: (node: OnnxNode) => boolean,
  where: string,
): void {
  const found = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    if (isSupported(node)) continue;
    const name = plain(isStandard(node) ? node.operator : `${node.domain}.${node.operator}`);
    const others = found.get(name);
    if (others) others.push(node);
    else found.set(name, [node]);
  }
  if (found.size === 0) return;
  const listed = [...found].slice(0, most.operators).map(([name, users]) => {
    const titles = users.slice(0, most.nodes).map(({ title }) => title);
    const more = users.length > most.nodes ? ` and ${users.length - most.nodes} more` : '';
    return `${name} (${titles.join(', ')}${more})`;
  });
  const more = found.size > most.operators ? ` and ${found.size - most.operators} more operators` : '';
  const error = badFile(
    where,
    'operators that blasnet can import (its docs/onnx.md lists them)',
    `${listed.join(', ')}${more}`,
  );
  unsupported.add(error);
  throw error;
}

const unsupported = new WeakSet<Error>();

/** Whether an error is about operators that there are not. */
export const isUnsupported = (error: Error) => unsupported.has(error);
