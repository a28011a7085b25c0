// @internal

/** A 64-bit whole number as protobufjs gives it. */
export type Int64 = number | { toNumber(): number };

/** Numbers of TensorProto.DataType. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** Numbers of AttributeProto.AttributeType. */
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

/** TensorProto.DataLocation.EXTERNAL */
export const externalLocation = 1;

export interface EntryMessage {
  readonly key: string;
  readonly value: string;
}

/** What is read and written of the messages that onnx.proto describes; the names of fields are its own. */
export interface TensorMessage {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Int64[];
  readonly dataLocation?: number;
  readonly externalData?: readonly EntryMessage[];
  readonly segment?: object | null;
}

export interface AttributeMessage {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: Int64;
  readonly s?: Uint8Array;
  readonly t?: TensorMessage | null;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
}

export interface NodeMessage {
  readonly name: string;
  readonly opType: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
}

export interface DimensionMessage {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
}

export interface ValueMessage {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType: number;
      readonly shape?: { readonly dim: readonly DimensionMessage[] } | null;
    } | null;
  } | null;
}

export interface GraphMessage {
  readonly name: string;
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
  readonly sparseInitializer?: readonly object[];
  readonly input: readonly ValueMessage[];
  readonly output: readonly ValueMessage[];
}

export interface ModelMessage {
  readonly irVersion: Int64;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: Int64 }[];
  readonly graph?: GraphMessage | null;
  readonly metadataProps: readonly EntryMessage[];
}

/** What files say of a net beyond its graph: keys of ModelProto.metadata_props. */
export const metadataKeys = {
  netType: 'blasnet.netType',
  preparation: 'blasnet.preparation',
  classes: 'classes',
} as const;
