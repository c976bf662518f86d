/**
 * File descriptors as the bytes that every other protobuf program reads: what reflection and `FileDescriptorSet` are.
 */
import type { FileDescriptor } from "./file-descriptor.ts";
import { decodeByTable, encodeByTable } from "./table-bytes.ts";

/** A `google.protobuf.FileDescriptorProto`. */
export function encodeFileDescriptor(file: FileDescriptor): Uint8Array {
  return encodeByTable("FileDescriptorProto", { ...file });
}

/** @throws {ReefError} `invalid_argument` */
export function decodeFileDescriptor(bytes: Uint8Array): FileDescriptor {
  // The table gives these names and types, and fills the lists that are always there.
  return decodeByTable("FileDescriptorProto", bytes) as unknown as FileDescriptor;
}

/** A `google.protobuf.FileDescriptorSet`: every file behind those that it imports. */
export function encodeFileDescriptorSet(files: readonly FileDescriptor[]): Uint8Array {
  return encodeByTable("FileDescriptorSet", { file: files });
}

/** @throws {ReefError} `invalid_argument` */
export function decodeFileDescriptorSet(bytes: Uint8Array): FileDescriptor[] {
  // The table gives these names and types.
  const { file } = decodeByTable("FileDescriptorSet", bytes) as { file?: FileDescriptor[] };
  return file ?? [];
}
