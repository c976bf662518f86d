/** What editions decide for each element, and what proto2 and proto3 decided for all. */
import type { FeatureSet, FieldDescriptor, FileDescriptor, Options } from "./file-descriptor.ts";
import { walkElements } from "./walk-elements.ts";

export interface ResolvedFeatures {
  readonly fieldPresence: "EXPLICIT" | "IMPLICIT" | "LEGACY_REQUIRED";
  readonly enumType: "OPEN" | "CLOSED";
  readonly repeatedFieldEncoding: "PACKED" | "EXPANDED";
  readonly utf8Validation: "VERIFY" | "NONE";
  readonly messageEncoding: "LENGTH_PREFIXED" | "DELIMITED";
  readonly jsonFormat: "ALLOW" | "LEGACY_BEST_EFFORT";
}

const proto2: ResolvedFeatures = {
  fieldPresence: "EXPLICIT",
  enumType: "CLOSED",
  repeatedFieldEncoding: "EXPANDED",
  utf8Validation: "NONE",
  messageEncoding: "LENGTH_PREFIXED",
  jsonFormat: "LEGACY_BEST_EFFORT",
};

const proto3: ResolvedFeatures = {
  fieldPresence: "IMPLICIT",
  enumType: "OPEN",
  repeatedFieldEncoding: "PACKED",
  utf8Validation: "VERIFY",
  messageEncoding: "LENGTH_PREFIXED",
  jsonFormat: "ALLOW",
};

const edition2023: ResolvedFeatures = { ...proto3, fieldPresence: "EXPLICIT" };

/** Of the file and every element in it. Options have to be linked. */
export function resolveFeatures(file: FileDescriptor): Map<object, ResolvedFeatures> {
  const resolved = new Map<object, ResolvedFeatures>([[file, fileFeatures(file)]]);
  for (const { element, parent, optionsType } of walkElements(file)) {
    if (parent === undefined) continue;
    const outer = resolved.get(parent) ?? fileFeatures(file);
    // What has such options is a field.
    const isField = optionsType === "FieldOptions";
    const own = isField
      ? fieldFeatures(outer, element as FieldDescriptor)
      : childFeatures(outer, element.options);
    resolved.set(element, own);
  }
  return resolved;
}

/** What the elements of a file have when they say nothing. */
function fileFeatures(file: FileDescriptor): ResolvedFeatures {
  if (file.syntax === "proto3") return proto3;
  if (file.syntax !== "editions") return proto2;
  return childFeatures(edition2023, file.options);
}

/** Of an element in something that has the features `parent`. */
function childFeatures(parent: ResolvedFeatures, options?: Options): ResolvedFeatures {
  const own: FeatureSet | undefined = options?.features;
  return own === undefined ? parent : { ...parent, ...known(own) };
}

/** Of a field, which may say things in older ways. `parent` is that of its message or oneof. */
function fieldFeatures(parent: ResolvedFeatures, field: FieldDescriptor): ResolvedFeatures {
  const own = childFeatures(parent, field.options);
  const packed = field.options?.packed;
  return {
    ...own,
    ...(packed !== undefined && { repeatedFieldEncoding: packed ? "PACKED" : "EXPANDED" }),
    ...(field.type === "TYPE_GROUP" && { messageEncoding: "DELIMITED" }),
    ...(field.label === "LABEL_REQUIRED" && { fieldPresence: "LEGACY_REQUIRED" }),
    ...(field.proto3Optional === true && { fieldPresence: "EXPLICIT" }),
  };
}

function known({ fieldPresence, enumType, ...rest }: FeatureSet): Partial<ResolvedFeatures> {
  const { repeatedFieldEncoding, utf8Validation, messageEncoding, jsonFormat } = rest;
  return {
    ...(fieldPresence && { fieldPresence }),
    ...(enumType && { enumType }),
    ...(repeatedFieldEncoding && { repeatedFieldEncoding }),
    ...(utf8Validation && { utf8Validation }),
    ...(messageEncoding && { messageEncoding }),
    ...(jsonFormat && { jsonFormat }),
  };
}
