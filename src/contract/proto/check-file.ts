/** The rules of the language that a file can break although every name in it is known. */
import { checkEnum } from "./check-enum.ts";
import { checkField, checkMessage } from "./check-message.ts";
import type { ResolvedFeatures } from "./features.ts";
import type { FieldDescriptor, MessageDescriptor } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";

/** Of every element of the files that are linked. */
export type FeatureMap = ReadonlyMap<object, ResolvedFeatures>;

export function checkFile(context: LinkContext, features: FeatureMap): void {
  const { file } = context;
  for (const message of file.messageType) checkTree(context, message, features);
  for (const element of file.enumType) checkEnum(context, element, features);
  checkExtensions(context, file.extension, features);
}

function checkTree(context: LinkContext, message: MessageDescriptor, features: FeatureMap): void {
  checkMessage(context, message, features);
  for (const nested of message.nestedType) checkTree(context, nested, features);
  for (const nested of message.enumType) checkEnum(context, nested, features);
  checkExtensions(context, message.extension, features);
}

function checkExtensions(
  context: LinkContext,
  extensions: readonly FieldDescriptor[] = [],
  features: FeatureMap,
): void {
  for (const field of extensions) {
    const { name, label = name, type = name, map } = context.spots(field);
    if (map === true) {
      throw context.refuse(type, "expected no map as an extension, found one", "use a message");
    }
    if (field.label === "LABEL_REQUIRED") {
      throw context.refuse(label, "expected no required extension, found one", "make it optional");
    }
    const target = field.extendee?.slice(1) ?? "";
    if (context.parsed.syntax === "proto3" && !optionsPattern.test(target)) {
      throw context.refuse(
        context.spots(field).extendee ?? name,
        `expected in proto3 only extensions of options, found one of ${target}`,
        "use google.protobuf.Any, or an edition",
      );
    }
    checkField(context, field, features);
  }
}

const optionsPattern = /^google\.protobuf\.(?:\w*Options|FeatureSet)$/;
