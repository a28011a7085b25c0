import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { entryPoints, publicNames } from './support/public-names.js';

/** What each entry point is meant to export: whoever adds a name or takes one away says so here, and in the README. */
const intended = {
  blasnet: {
    values: `
      ActivationLayer AveragePoolLayer BatchNormLayer BatchPredictor BlasnetError CifarImageReader
      ClassificationLayer ConvLayer CsvColumnsError DataReader DropoutLayer EagerRunner FlattenLayer FullyConnectedLayer
      GlobalAveragePoolLayer HyperParameters ImageDataReader KernelOptimizer Layer MaxPoolLayer
      MnistImageDataReader MsraInitializer NeuralNet NormalInitializer Parameter PlainLayer Tensor TrainingHistory
      XavierInitializer ZeroInitializer binaryCrossEntropy createInitializer createLayer createOptimizer
      createWeightsBias crossEntropy getThreads meanSquaredError readNpz readSafetensors registerLayer setThreads
      versions writeNpz writeSafetensors`,
    types: `
      Activation ActivationOptions Augmentation BatchNormOptions BatchPredictorOptions BatchSource
      CategoryEncoding ChannelStatistics CheckpointOptions CheckpointRecord CifarFiles ClassWeights ColumnEncoding
      ConvOptions CreateOptimizerOptions CsvColumnName CsvEncoding CsvMend CsvOptions CsvProblem CsvProblemKind CsvRow
      DType DataFiles DataTensors DateColumn DatePart ErrorCode
      Evaluation FeatureScaling FloatArray FullyConnectedOptions GlobalAveragePoolOptions GradientClip
      HyperParameterOptions ImageMode ImageOptions ImageShape InitMethod InitMethodOptions Initializer
      InitializerContext KernelArgument LabelScaling LabelledImages LayerConfig LayerCreator LearningRateSchedule
      LossChartOptions LossHistoryOptions MissingPolicy MnistFiles MsraOptions NestedNumbers NetType NormalOptions
      NpyArray NumberArray OnnxExportOptions OnnxImportOptions Operand Optimizer OptimizerName OptimizerOptions Pair ParameterOptions
      ParameterSetup PixelNormalization PoolOptions PredictOptions Prediction Preparation RegularMethod Regularizer ResumeOptions
      RowBatch RowCells RowShape RunEnd Runner Safetensors ScalingMethod ScalingOptions ScalingRows ScheduleKind StopCondition StopReason Stopper
      StreamOptions TrainOptions TrainingProgress UpdateTarget WarmUp XCoordinate XavierOptions ZeroOneOptions`,
  },
  'blasnet/charts': {
    values: `
      confusionChart confusionMatrix contourChart filterPictures fontFamily histogram histogramChart lineChart
      lossChart palette pictureSheet renderPng renderSvg rocChart rocCurve saveChart scatterChart theme trellis`,
    types: `
      AxisOptions Bin ChartSpecification ContourChartOptions HistogramChartOptions HistogramOptions
      LineChartOptions LossChartOptions LossHistoryOptions Panel PanelOptions Picture PictureSheetOptions Pixels
      PngOptions Point RocCurve ScatterChartOptions Series TrellisOptions XCoordinate`,
  },
  'blasnet/serve': {
    values: `
      closeOnSignals inferenceServer startServer`,
    types: `
      RunningServer ServeOptions ServedModel StartOptions`,
  },
} as const satisfies Record<keyof typeof entryPoints, { readonly values: string; readonly types: string }>;

const namesIn = (text: string) => text.trim().split(/\s+/);

test('entry points are those of package.json', async (t) => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>;
  };
  const declared = Object.entries(exports).map(([path, { types }]) => [join('blasnet', path), join(types)]);
  t.deepEqual(Object.fromEntries(declared), { ...entryPoints });
});

for (const [name, path] of Object.entries(entryPoints)) {
  const { values, types } = intended[name as keyof typeof entryPoints];

  test(`import '${name}' › gives what is public, and nothing else`, async (t) => {
    const module: object = await import(name);
    t.deepEqual(Object.keys(module).sort(), namesIn(values));
  });

  test(`import '${name}' › declares what it gives, and the types that are public`, async (t) => {
    t.deepEqual(await publicNames(path), { values: namesIn(values), types: namesIn(types) });
  });
}
