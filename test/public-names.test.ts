import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { entryPoints, publicNames } from './support/public-names.js';

/** The names that each entry point exports. Layers and their options need not be here: see `alsoPublic`. */
const intended = {
  blasnet: {
    values: `
      ActivationLayer AveragePoolLayer BatchNormLayer BatchPredictor BlasnetError ByteRoundingLayer CifarImageReader
      ClassificationLayer ConvLayer CsvColumnsError CsvLogger DataReader DropoutLayer EagerRunner EarlyStopping
      FlattenLayer FullyConnectedLayer GlobalAveragePoolLayer HyperParameters ImageDataReader KernelOptimizer Layer
      Loss MaxPoolLayer Metric MnistImageDataReader ModelCheckpoint MsraInitializer NeuralNet
      NormalInitializer OrthogonalInitializer
      Parameter PlainLayer Tensor TextReader TimeSeriesReader TrainingHistory XavierInitializer ZeroInitializer activationNames
      binaryCrossEntropy createInitializer createLayer createLayers createLoss createMetric createOptimizer
      createWeightsBias crossEntropy embeddingSize getThreads input lossNames meanSquaredError metricNames npyBatches optimizerNames readNpz
      readSafetensors registerLayer registerLoss registerMetric setThreads timeSeriesFromCsv timeSeriesWindows versions writeNpz writeSafetensors`,
    types: `
      Activation ActivationOptions AnyTensor AttentionDropout AttentionOptions Augmentation Axis BatchNormOperands BatchNormOptions
      BatchPredictorOptions BatchSource CallContext Callback CallbackContext CategoryEncoding ChannelStatistics
      CheckpointContext CheckpointOptions CheckpointRecord CifarFiles ClassWeights ColumnEncoding Communicator ConvOptions
      Conv1dWindows ConvTransposeWindow ConvolutionOptions CreateOptimizerOptions CsvColumnName CsvEncoding CsvInput CsvLabel
      CsvMend CsvOptions CsvProblem CsvProblemKind CsvRow DType DataFiles DataTensors DateColumn DatePart
      DropoutOptions EarlyStoppingOptions EpochContext ErrorCode EvaluateOptions Evaluation FeatureScaling
      FloatArray FullyConnectedOptions GlobalAveragePoolOptions GradientClip GraphInput GraphNodes GraphOutput GruWeights
      HyperParameterOptions ImageInputOptions ImageMode ImageOptions ImageShape InitMethod InitMethodOptions
      Initializer InitializerContext InputOptions InputPreparation InputType KernelArgument LabelScaling
      LabelledImages LayerQuantization QuantizationError QuantizationReport QuantizeOptions QuantizedOptions LayerConfig LayerCreator LayerEntry LayerLearning LayerSizes LearningRateSchedule
      LossChartOptions LossConfig
      LossCreator LossHistoryOptions LossName LossOptions LossScale MatmulOptions MetricConfig MetricCreator
      MetricName MetricOptions MetricValue MetricValues MissingPolicy MnistFiles ModelCheckpointOptions
      MsraOptions NamedBatch NamedRow NamedRowBatch NamedRows NamedTensors NestedNumbers NetNode NetStream NetStreamOptions NetType Node
      NormalOptions NpyArray NpyBatchesOptions NumberRange NpzArrays NpzInput NpzNames NpzOptions NumberArray OnnxAttributes OnnxBuilder
      OnnxExportOptions OnnxImportOptions Operand OperationParameter OperationStep Ops Optimizer OptimizerName
      OptimizerOptions OrthogonalOptions OutputLosses OutputMetrics
      OutputPreparation Pair ParameterOptions RawStep ParameterSetup ParameterSpec ParameterSpecs PixelNormalization
      PoolOptions PoolWindow PredictOptions Precision Prediction Preparation RawNumbers RecurrentOptions RecurrentWeights ReductionOptions RegularMethod
      RankShare Regularizer ResumeOptions RowBatch RowCells RowPredictor RowShape RunEnd Runner Safetensors ScalingMethod
      ScalingOptions ScalingRows ScheduleKind SliceRange StepWindowsOptions SimpleRnnOptions StepMemory StepNumbers StopCondition StopReason Stopper StreamOptions
      StreamState
      TargetKind TargetOptions TensorData TensorType TextEncoding TextFiles TextOptions TextTokenizer Texts
      NaiveOptions SeriesColumn TimeSeries TimeSeriesCsvOptions TimeSeriesOptions WindowOptions
      ForecastPreparation WindowPreparation WindowColumns TrainBeginContext TrainEndContext TrainOptions
      TrainingProgress TransposedConvolutionOptions UpdateOptions UpdateTarget UpsampleOptions Value
      ValueOrNumber WarmUp WeightAverageOptions WeightOptions XCoordinate XavierOptions ZeroOneOptions`,
  },
  'blasnet/charts': {
    values: `
      confusionChart confusionMatrix contourChart filterPictures fontFamily histogram histogramChart lineChart
      lossChart netChart palette pictureSheet renderPng renderSvg rocChart rocCurve saveChart scatterChart
      theme trellis`,
    types: `
      AxisOptions Bin ChartSpecification ContourChartOptions HistogramChartOptions HistogramOptions
      LineChartOptions LossChartOptions LossHistoryOptions LossScale NetChartNode NetChartOptions Panel
      PanelOptions Picture PictureSheetOptions Pixels
      PngOptions Point RocCurve ScatterChartOptions Series TrellisOptions XCoordinate`,
  },
  'blasnet/mpi': {
    values: `
      mpi shareOut`,
    types: `
      Communicator MpiOptions`,
  },
  'blasnet/serve': {
    values: `
      closeOnSignals inferenceServer startServer`,
    types: `
      RunningServer ServeOptions ServedModel StartOptions`,
  },
} as const satisfies Record<keyof typeof entryPoints, { readonly values: string; readonly types: string }>;

const namesIn = (text: string) => text.trim().split(/\s+/);

/** Each file in ts/layers/ that is not internal brings its layer, and perhaps a type for the layer's options. */
const layers = await publicNames('dist/layers/index.d.ts');
const alsoPublic = {
  values: layers.values.filter((name) => name.endsWith('Layer')),
  types: layers.types.filter((name) => name.endsWith('Options')),
};

/** The names listed, and those of layers. */
const expected = (entry: string, kind: 'values' | 'types') => {
  const listed = namesIn(intended[entry as keyof typeof entryPoints][kind]);
  return [...new Set([...listed, ...(entry === 'blasnet' ? alsoPublic[kind] : [])])].sort();
};

test('entry points are those of package.json', async (t) => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>;
  };
  const declared = Object.entries(exports)
    .filter(([path]) => path !== './package.json')
    .map(([path, { types }]) => [join('blasnet', path), join(types)]);
  t.deepEqual(Object.fromEntries(declared), { ...entryPoints });
});

for (const [name, path] of Object.entries(entryPoints)) {
  test(`import '${name}' › gives what is public, and nothing else`, async (t) => {
    const module: object = await import(name);
    t.deepEqual(Object.keys(module).sort(), expected(name, 'values'));
  });

  test(`import '${name}' › declares what it gives, and the types that are public`, async (t) => {
    t.deepEqual(await publicNames(path), { values: expected(name, 'values'), types: expected(name, 'types') });
  });
}
