// @internal

/** A 64-bit integer as protobufjs decodes it: a Long object, or a number where protobufjs runs without long.js. */
export type Int64 = number | { toNumber(): number };

/** Values of the enumeration TensorProto.DataType. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

/** The name of a TensorProto.DataType for messages: 'int64', or 'data type 10' for a type that the importer does not know. */
export function elementTypeName(type: number | undefined): string {
  const known = Object.entries(elementTypes).find(([, number]) => number === type);
  return known?.[0] ?? `data type ${type}`;
}

/** Values of the enumeration AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** TensorProto.DataLocation.EXTERNAL */
export const externalLocation = 1;

export interface EntryMessage {
  readonly key: string;
  readonly value: string;
}

/** A message of onnx.proto, with the fields that blasnet reads or writes; so are the interfaces below. */
export interface TensorMessage {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Int64[];
  readonly stringData?: readonly Uint8Array[];
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
  readonly g?: GraphMessage | null;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
  readonly strings?: readonly Uint8Array[];
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
    readonly sequenceType?: object | null;
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
  readonly functions?: readonly { readonly domain?: string; readonly name?: string }[];
  readonly metadataProps: readonly EntryMessage[];
}

/** Keys of ModelProto.metadata_props under which an exported model keeps properties of the net. */
export const metadataKeys = {
  netType: 'blasnet.netType',
  preparation: 'blasnet.preparation',
  classes: 'classes',
} as const;
