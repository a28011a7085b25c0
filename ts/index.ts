export * from './callbacks/index.js';
export type { LossChartOptions, LossHistoryOptions, LossScale, XCoordinate } from './charts/index.js';
export type { CheckpointOptions } from './checkpoints/checkpoint-options.js';
export type { ResumeOptions } from './checkpoints/longer-run.js';
export type { Communicator } from './core/communicator.js';
export { BlasnetError, type ErrorCode } from './core/errors.js';
export type { NetType } from './core/net-type.js';
export type { NumberRange } from './core/ranges.js';
export * from './data/index.js';
export type { ZeroOneOptions } from './data/labels.js';
export type { ColumnEncoding } from './data/preparation/column-encoding.js';
export type { PredictOptions } from './data/preparation/predict-options.js';
export type { Prediction } from './data/preparation/prediction.js';
export type {
  FeatureScaling,
  ForecastPreparation,
  InputPreparation,
  LabelScaling,
  OutputPreparation,
  Preparation,
  WindowPreparation,
} from './data/preparation/preparation.js';
export type { NamedRow, NamedRows, RawNumbers } from './data/preparation/raw-numbers.js';
export type { Texts } from './data/preparation/raw-texts.js';
export type { WindowColumns } from './data/preparation/raw-windows.js';
export type { TextEncoding, TextTokenizer } from './data/text/text-encoding.js';
export { type InputOptions, type InputType, input, type Node } from './graph/node.js';
export type { StepMemory } from './graph/step-memory.js';
export {
  createWeightsBias,
  type LayerLearning,
  Parameter,
  type ParameterOptions,
  type ParameterSetup,
} from './graph/weights-bias.js';
export {
  type GradientClip,
  type HyperParameterOptions,
  HyperParameters,
  type OutputLosses,
  type OutputMetrics,
  type Regularizer,
  type RegularMethod,
  type StopCondition,
  type Stopper,
  type WeightAverageOptions,
} from './hyper-parameters.js';
export { BatchPredictor, type BatchPredictorOptions } from './inference/batch-predictor.js';
export type { NetStream, NetStreamOptions, StreamState } from './inference/net-stream.js';
export type { RowPredictor } from './inference/row-predictor.js';
export type { StepNumbers } from './inference/step-numbers.js';
export type { RawStep } from './inference/step-preparer.js';
export * from './initializers/index.js';
export type { CallContext } from './layers/composition.js';
export type { ImageInputOptions } from './layers/images.js';
export * from './layers/index.js';
export type { ParameterSpec } from './layers/parameter-specs.js';
export type { PoolOptions } from './layers/pool-layer.js';
export type { QuantizedOptions } from './layers/quantized-layer.js';
export type { WeightOptions } from './layers/weight-options.js';
export * from './losses/index.js';
export type { Evaluation } from './metrics/evaluation.js';
export * from './metrics/index.js';
export type { GraphInput, GraphNodes, GraphOutput } from './net/net-graph.js';
export type { NetNode } from './net/summary.js';
export { NeuralNet } from './neural-net.js';
export type { NpyArray } from './npz/npy.js';
export { type NpzOptions, readNpz, writeNpz } from './npz/npz.js';
export type { OnnxExportOptions } from './onnx/export/to-onnx.js';
export type { OnnxImportOptions } from './onnx/import/from-onnx.js';
export type { AttentionOptions } from './ops/attention-operands.js';
export type { Axis } from './ops/axes.js';
export type {
  AttentionDropout,
  BatchNormOperands,
  Conv1dWindows,
  ConvolutionOptions,
  DropoutOptions,
  GruWeights,
  MatmulOptions,
  RecurrentOptions,
  RecurrentWeights,
  ReductionOptions,
  SimpleRnnOptions,
  SliceRange,
  StepWindowsOptions,
  TransposedConvolutionOptions,
} from './ops/operations/index.js';
export type { Ops } from './ops/ops.js';
export type { PoolWindow } from './ops/pool-windows.js';
export type { ConvTransposeWindow } from './ops/transposed-windows.js';
export type { UpsampleOptions } from './ops/upsampling.js';
export type { Value, ValueOrNumber } from './ops/value.js';
export type { ImageShape, Pair } from './ops/windows.js';
export * from './optimizers/index.js';
export type { QuantizeOptions } from './quantization/quantize.js';
export type { LayerQuantization, QuantizationError, QuantizationReport } from './quantization/report.js';
export { getThreads, setThreads, versions } from './runtime/environment.js';
export type { Precision } from './runtime/precision.js';
export { EagerRunner, type KernelArgument, type Operand, type Runner } from './runtime/runner.js';
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors/safetensors.js';
export type { LearningRateSchedule, ScheduleKind, WarmUp } from './schedules/schedule.js';
export type { NestedNumbers, NumberArray } from './tensor/nested-numbers.js';
export {
  type AnyTensor,
  type DType,
  type FloatArray,
  Tensor,
  type TensorData,
  type TensorType,
} from './tensor/tensor.js';
export type { TrainOptions } from './training/train-options.js';
export {
  type CheckpointRecord,
  type RunEnd,
  type StopReason,
  TrainingHistory,
  type TrainingProgress,
} from './training-history.js';
