/** Comments of elements as `SourceCodeInfo` has them: by the way from the file down to the element. */
import type {
  EnumDescriptor,
  FileDescriptor,
  MessageDescriptor,
  SourceCodeInfo,
} from "./file-descriptor.ts";

/** Numbers of fields of descriptor.proto, of which paths are made. */
const inFile = { message: 4, enum: 5, service: 6 } as const;
const inMessage = { field: 2, message: 3, enum: 4, oneof: 8 } as const;
const inEnum = { value: 2 } as const;
const inService = { method: 2 } as const;

/** Every element of a file that may have a comment, with its path. */
export function elementsOf(file: FileDescriptor): { element: object; path: number[] }[] {
  return [
    ...file.messageType.flatMap((one, at) => inside(one, [inFile.message, at])),
    ...file.enumType.flatMap((one, at) => insideEnum(one, [inFile.enum, at])),
    ...file.service.flatMap((one, at) => {
      const path = [inFile.service, at];
      const methods = one.method.map((element, index) => {
        return { element, path: [...path, inService.method, index] };
      });
      return [{ element: one, path }, ...methods];
    }),
  ];
}

/** The comments of a file that nobody wrote; there are no lines that they could stand in. */
export function sourceComments(
  file: FileDescriptor,
  comments: ReadonlyMap<object, string>,
): SourceCodeInfo {
  const location = elementsOf(file).flatMap(({ element, path }) => {
    const text = comments.get(element);
    if (text === undefined) return [];
    const lines = text.split(/\r?\n/u).map((line) => ` ${line}`.trimEnd());
    return [{ path, span: [0, 0, 0], leadingComments: `${lines.join("\n")}\n` }];
  });
  return { location };
}

function inside(message: MessageDescriptor, path: number[]): { element: object; path: number[] }[] {
  return [
    { element: message, path },
    ...message.field.map((element, at) => ({ element, path: [...path, inMessage.field, at] })),
    ...message.oneofDecl.map((element, at) => ({ element, path: [...path, inMessage.oneof, at] })),
    ...message.nestedType.flatMap((one, at) => inside(one, [...path, inMessage.message, at])),
    ...message.enumType.flatMap((one, at) => insideEnum(one, [...path, inMessage.enum, at])),
  ];
}

function insideEnum(one: EnumDescriptor, path: number[]): { element: object; path: number[] }[] {
  const values = one.value.map((element, at) => ({ element, path: [...path, inEnum.value, at] }));
  return [{ element: one, path }, ...values];
}
