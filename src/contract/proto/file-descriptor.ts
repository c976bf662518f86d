/**
 * A `.proto` file as data: google.protobuf.FileDescriptorProto as plain objects, with the names of its JSON mapping. It
 * is what the parser makes, what reflection sends, and from which contracts are made and printed.
 *
 * Lists that nearly every reader walks are always there, the rare ones may be absent. The fields can be written,
 * because a descriptor is filled step by step: parsed first, linked next; whoever gets a linked one only reads it.
 * Source: https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto
 */

export interface FileDescriptor {
  /** The path by which others import it: `greeter/v1/greeter.proto`. */
  name: string;
  package?: string;
  dependency: string[];
  /** Places in `dependency`. */
  publicDependency?: number[];
  weakDependency?: number[];
  messageType: MessageDescriptor[];
  enumType: EnumDescriptor[];
  service: ServiceDescriptor[];
  extension?: FieldDescriptor[];
  options?: FileOptions;
  sourceCodeInfo?: SourceCodeInfo;
  /** Absent means proto2. */
  syntax?: "proto2" | "proto3" | "editions";
  /** `EDITION_2023`; only when `syntax` is `editions`. */
  edition?: string;
}

export interface MessageDescriptor {
  name: string;
  field: FieldDescriptor[];
  nestedType: MessageDescriptor[];
  enumType: EnumDescriptor[];
  oneofDecl: OneofDescriptor[];
  extension?: FieldDescriptor[];
  extensionRange?: ExtensionRange[];
  options?: MessageOptions;
  /** `end` is not in the range. */
  reservedRange?: NumberRange[];
  reservedName?: string[];
  visibility?: string;
}

export interface FieldDescriptor {
  name: string;
  /** Only for extensions: the message that is extended, `.google.protobuf.MethodOptions`. */
  extendee?: string;
  number: number;
  label: "LABEL_OPTIONAL" | "LABEL_REQUIRED" | "LABEL_REPEATED";
  /** Absent before linking when the type is a name: it may be a message or an enum. */
  type?: FieldType;
  /** Full with a leading dot once linked, `.greeter.v1.Person`; as it was written before. */
  typeName?: string;
  defaultValue?: string;
  options?: FieldOptions;
  /** The place in `oneofDecl` of its message. */
  oneofIndex?: number;
  jsonName?: string;
  /** A field of proto3 with the word `optional`, alone in a oneof that nobody wrote. */
  proto3Optional?: boolean;
}

export type FieldType =
  | "TYPE_DOUBLE"
  | "TYPE_FLOAT"
  | "TYPE_INT64"
  | "TYPE_UINT64"
  | "TYPE_INT32"
  | "TYPE_FIXED64"
  | "TYPE_FIXED32"
  | "TYPE_BOOL"
  | "TYPE_STRING"
  | "TYPE_GROUP"
  | "TYPE_MESSAGE"
  | "TYPE_BYTES"
  | "TYPE_UINT32"
  | "TYPE_ENUM"
  | "TYPE_SFIXED32"
  | "TYPE_SFIXED64"
  | "TYPE_SINT32"
  | "TYPE_SINT64";

export interface OneofDescriptor {
  name: string;
  options?: Options;
}

export interface EnumDescriptor {
  name: string;
  value: EnumValueDescriptor[];
  options?: EnumOptions;
  /** `end` is in the range, unlike everywhere else. */
  reservedRange?: NumberRange[];
  reservedName?: string[];
  visibility?: string;
}

export interface EnumValueDescriptor {
  name: string;
  number: number;
  options?: EnumValueOptions;
}

export interface ServiceDescriptor {
  name: string;
  method: MethodDescriptor[];
  options?: ServiceOptions;
}

export interface MethodDescriptor {
  name: string;
  /** Full with a leading dot once linked. */
  inputType: string;
  outputType: string;
  options?: MethodOptions;
  clientStreaming?: boolean;
  serverStreaming?: boolean;
}

export interface NumberRange {
  start: number;
  end: number;
}

export interface ExtensionRange extends NumberRange {
  options?: Options;
}

/** What all options have in common. */
export interface Options {
  features?: FeatureSet;
  /**
   * Custom options (`option (google.api.http) = ...`) as protobuf bytes, for descriptor.proto does not know them:
   * `readOptions()` reads them. Options that are written into a descriptor by hand go here, too.
   */
  custom?: Uint8Array;
  /** Any other option of descriptor.proto, under its JSON name. */
  [name: string]: unknown;
}

export interface FileOptions extends Options {
  javaPackage?: string;
  goPackage?: string;
  deprecated?: boolean;
}

export interface MessageOptions extends Options {
  deprecated?: boolean;
  /** The entry message of a map field. */
  mapEntry?: boolean;
}

export interface FieldOptions extends Options {
  packed?: boolean;
  deprecated?: boolean;
}

export interface EnumOptions extends Options {
  allowAlias?: boolean;
  deprecated?: boolean;
}

export interface EnumValueOptions extends Options {
  deprecated?: boolean;
}

export interface ServiceOptions extends Options {
  deprecated?: boolean;
}

export interface MethodOptions extends Options {
  deprecated?: boolean;
  idempotencyLevel?: "IDEMPOTENCY_UNKNOWN" | "NO_SIDE_EFFECTS" | "IDEMPOTENT";
}

/** What editions made of proto2 and proto3: ways to behave that a file chooses, for all or for one element. */
export interface FeatureSet {
  fieldPresence?: "EXPLICIT" | "IMPLICIT" | "LEGACY_REQUIRED";
  enumType?: "OPEN" | "CLOSED";
  repeatedFieldEncoding?: "PACKED" | "EXPANDED";
  utf8Validation?: "VERIFY" | "NONE";
  messageEncoding?: "LENGTH_PREFIXED" | "DELIMITED";
  jsonFormat?: "ALLOW" | "LEGACY_BEST_EFFORT";
  enforceNamingStyle?: string;
  defaultSymbolVisibility?: string;
  enforceProtoLimits?: string;
  /** Features of single languages, as protobuf bytes. */
  custom?: Uint8Array;
}

export interface SourceCodeInfo {
  location: SourceLocation[];
}

/** Where something was written, and the comments around it: these are its documentation. */
export interface SourceLocation {
  /** Field numbers of descriptor.proto and places in lists, from the file down: `[4, 0, 2, 1]`. */
  path: number[];
  /** From 0: line, column, (line,) column. */
  span: number[];
  leadingComments?: string;
  trailingComments?: string;
  leadingDetachedComments?: string[];
}
