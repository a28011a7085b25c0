/** As much of onnxruntime-node as the benchmark uses. */
export interface OnnxTensor {
  readonly data: Float32Array;
}
export interface Session {
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
}
export interface OnnxRuntime {
  InferenceSession: { create(model: string, options: object): Promise<Session> };
  Tensor: {
    new (type: 'float32', data: Float32Array, shape: readonly number[]): OnnxTensor;
    new (type: 'int32', data: Int32Array, shape: readonly number[]): OnnxTensor;
  };
}
