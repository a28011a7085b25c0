import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(tape: Tape, x: ValueOrNumber): Value {
  const z = tape.valueOf('x', x);
  const y = activation(tape, 'sigmoid', z);
  y.logits = { kind: 'sigmoid', z };
  return y;
}

export function tanh(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'tanh', x);
}

/** max(x, 0) */
export function relu(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'relu', x);
}

/** x above 0, slope · x below */
export function leakyRelu(tape: Tape, x: ValueOrNumber, slope = 0.01): Value {
  return activation(tape, 'leaky_relu', x, slope);
}

/** x above 0, alpha · (eˣ − 1) below */
export function elu(tape: Tape, x: ValueOrNumber, alpha = 1): Value {
  return activation(tape, 'elu', x, alpha);
}

/** x · Φ(x) with the exact normal distribution function */
export function gelu(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'gelu', x);
}

/** x · σ(x), also called swish */
export function silu(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'silu', x);
}

/** ln(1 + eˣ) */
export function softplus(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'softplus', x);
}

/** scale · x above 0, scale · alpha · (eˣ − 1) below, with the constants by which layers normalise themselves */
export function selu(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'selu', x);
}

/** min(max(x, 0), 6); the gradient is 0 at both ends. */
export function relu6(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'relu6', x);
}

/** min(max(alpha · x + beta, 0), 1); the gradient is 0 at both ends. */
export function hardSigmoid(tape: Tape, x: ValueOrNumber, alpha = 1 / 6, beta = 0.5): Value {
  const value = tape.valueOf('x', x);
  const kernels = { x: value.tensor, alpha, beta };
  return tape.operation(
    value.shape,
    [value],
    (y) => tape.run('hard_sigmoid_forward', { ...kernels, y }),
    (dy) => tape.addOverwritten(value, (dx) => tape.run('hard_sigmoid_backward', { ...kernels, dy, dx })),
  );
}

/** x · min(max(x + 3, 0), 6) / 6 */
export function hardSwish(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'hard_swish', x);
}

/** x · tanh(ln(1 + eˣ)) */
export function mish(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'mish', x);
}

/** x / (1 + |x|) */
export function softsign(tape: Tape, x: ValueOrNumber): Value {
  return activation(tape, 'softsign', x);
}

/** By the kernels of ActivationLayer, whose backward ones overwrite. */
function activation(tape: Tape, kernel: string, operand: ValueOrNumber, parameter = 0): Value {
  const x = tape.valueOf('x', operand);
  return tape.operation(
    x.shape,
    [x],
    (y) => tape.run(`${kernel}_forward`, { x: x.tensor, y, parameter }),
    (dy, y) => tape.addOverwritten(x, (dx) => tape.run(`${kernel}_backward`, { x: x.tensor, y, dy, dx, parameter })),
  );
}
