// @internal
import { badArgument } from '../../core/errors.js';
import {
  ActivationLayer,
  AveragePoolLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  type Layer,
  MaxPoolLayer,
} from '../../layers/index.js';
import type { Attributes, ModelBuilder } from './model-builder.js';

/** A layer that is being exported. */
interface Exported {
  /** The name of the layer, and of its last node. */
  readonly name: string;
  readonly layer: Layer;
  readonly config: Readonly<Record<string, unknown>>;
  /** Shape of one row of its output. */
  readonly outputShape: readonly number[];
}

/** Adds the nodes of a layer to the graph; the caller then sets the builder's `shape`. */
type Form = (builder: ModelBuilder, exported: Exported) => void;

type Sizes = readonly [number, number];

/**
 * The ONNX form of each class of layers. The key is the class rather than the `type` of configs: a class derived from one of
 * these has the same type, and may compute something else.
 */
const forms = new Map<unknown, Form>([
  [FullyConnectedLayer, (builder, exported) => withWeights(builder, 'Gemm', exported)],
  [ConvLayer, convolution],
  [BatchNormLayer, batchNorm],
  [MaxPoolLayer, (builder, exported) => pool(builder, 'MaxPool', exported)],
  [AveragePoolLayer, (builder, exported) => pool(builder, 'AveragePool', exported, { count_include_pad: 1 })],
  [GlobalAveragePoolLayer, globalAveragePool],
  [FlattenLayer, (builder, { name }) => builder.node('Flatten', name)],
  [DropoutLayer, dropout],
  [ActivationLayer, activation],
  [ClassificationLayer, classification],
]);

/**
 * Adds the nodes of a layer to a graph.
 * @param outputShape - of one row
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that has no ONNX form
 */
export function exportLayer(builder: ModelBuilder, name: string, layer: Layer, outputShape: readonly number[]): void {
  const form = forms.get(layer.constructor);
  if (!form) {
    const known = [...forms.keys()].map((known) => (known as { readonly name: string }).name).join(', ');
    throw badArgument(`layer '${name}'`, `a layer with an ONNX form, one of ${known},`, layer);
  }
  form(builder, { name, layer, config: layer.config ?? {}, outputShape });
  builder.shape = outputShape;
}

/** Adds a node that takes rows, W and B. */
function withWeights(
  builder: ModelBuilder,
  operator: string,
  { name, layer, config }: Exported,
  attributes?: Attributes,
): void {
  const { W, B } = layer.weights;
  const w = builder.constant(`${name}/W`, W!.shape, W!.data);
  const bias = B ? [builder.constant(`${name}/B`, [B.size], B.data)] : [];
  const own = config.activation as Exported['config'] | undefined;
  builder.node(operator, own ? `${name}/sum` : name, [builder.value, w, ...bias], attributes);
  if (own) activation(builder, { name, config: own });
}

function convolution(builder: ModelBuilder, exported: Exported): void {
  const { config, outputShape } = exported;
  toImages(builder, exported);
  const { kernelSize, stride, padding, dilation, groups } = config as {
    kernelSize: Sizes;
    stride: Sizes;
    padding: 'same' | Sizes;
    dilation: Sizes;
    groups: number;
  };
  // ONNX wants top, left, bottom, right. 'same' has the odd one of its padding at the bottom and at the right.
  const pads = ([0, 1] as const).map((i) => {
    if (padding !== 'same') return [padding[i], padding[i]] as const;
    const span = (kernelSize[i] - 1) * dilation[i] + 1;
    const total = Math.max((outputShape[i + 1]! - 1) * stride[i] + span - builder.shape[i + 1]!, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  });
  withWeights(builder, 'Conv', exported, {
    kernel_shape: kernelSize,
    strides: stride,
    pads: [...pads.map(([before]) => before), ...pads.map(([, behind]) => behind)],
    dilations: dilation,
    group: groups,
  });
}

function pool(builder: ModelBuilder, operator: string, exported: Exported, attributes: Attributes = {}): void {
  toImages(builder, exported);
  const { poolSize, stride, padding } = exported.config as { poolSize: Sizes; stride: Sizes; padding: Sizes };
  builder.node(operator, exported.name, [builder.value], {
    kernel_shape: poolSize,
    strides: stride,
    pads: [...padding, ...padding],
    ...attributes,
  });
}

/** ONNX keeps the height and width of 1, which Flatten removes. */
function globalAveragePool(builder: ModelBuilder, exported: Exported): void {
  toImages(builder, exported);
  builder.node('GlobalAveragePool', exported.name);
  builder.node('Flatten', `${exported.name}/vectors`);
}

function batchNorm(builder: ModelBuilder, { name, layer, config }: Exported): void {
  const { epsilon, momentum } = config as { epsilon: number; momentum: number };
  const statistics = ['gamma', 'beta', 'mean', 'var'].map((key) => {
    const { shape, data } = layer.weights[key]!;
    return builder.constant(`${name}/${key}`, shape, data);
  });
  const attributes = { epsilon: { float: epsilon }, momentum: { float: momentum } };
  builder.node('BatchNormalization', name, [builder.value, ...statistics], attributes);
}

/** Dropout does nothing in inference, but keeps the rate for further training. */
function dropout(builder: ModelBuilder, { name, config }: Exported): void {
  builder.withConstant('Dropout', name, [], [config.rate as number]);
}

function activation(builder: ModelBuilder, { name, config }: Pick<Exported, 'name' | 'config'>): void {
  const x = builder.value;
  switch (config.name) {
    case 'leakyRelu':
      builder.node('LeakyRelu', name, [x], { alpha: { float: config.slope as number } });
      break;
    case 'elu':
      builder.node('Elu', name, [x], { alpha: { float: config.alpha as number } });
      break;
    case 'hardSigmoid': {
      const { alpha, beta } = config as { readonly alpha: number; readonly beta: number };
      builder.node('HardSigmoid', name, [x], { alpha: { float: alpha }, beta: { float: beta } });
      break;
    }
    case 'relu6':
      builder.node('Clip', name, [
        x,
        builder.constant(`${name}/min`, [], [0]),
        builder.constant(`${name}/max`, [], [6]),
      ]);
      break;
    case 'mish': // x · tanh(softplus(x)); the operator Mish came later
      builder.node('Softplus', `${name}/softplus`);
      builder.node('Mul', name, [x, builder.node('Tanh', `${name}/tanh`)]);
      break;
    case 'silu': // x · σ(x)
      builder.node('Mul', name, [x, builder.node('Sigmoid', `${name}/sigmoid`)]);
      break;
    case 'gelu': // x · (1 + erf(x / √2)) · 0.5; the operator Gelu came later
      builder.withConstant('Div', `${name}/divide`, [], [Math.SQRT2]);
      builder.node('Erf', `${name}/erf`);
      builder.node('Mul', `${name}/product`, [x, builder.withConstant('Add', `${name}/add`, [], [1])]);
      builder.withConstant('Mul', name, [], [0.5]);
      break;
    default:
      builder.node(activationOperators[config.name as keyof typeof activationOperators], name);
  }
}

const activationOperators = {
  identity: 'Identity',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'Relu',
  softplus: 'Softplus',
  selu: 'Selu',
  hardSwish: 'HardSwish',
  softsign: 'Softsign',
};

function classification(builder: ModelBuilder, { name, config, outputShape }: Exported): void {
  if (config.kind === 'sigmoid') {
    builder.node('Sigmoid', name);
    return;
  }
  // Softmax is taken over all numbers of a row, which need not be a vector.
  builder.reshape(`${name}/vectors`);
  builder.node('Softmax', name, [builder.value], { axis: -1 });
  builder.reshape(`${name}/rows`, outputShape);
}

/** Reshapes vectors to images: layers of images take vectors of as many numbers, too. */
function toImages(builder: ModelBuilder, { name, layer }: Exported): void {
  const { inputShape } = layer;
  if (inputShape?.length === 3) builder.reshape(`${name}/images`, inputShape);
}
