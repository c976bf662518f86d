/** A `.proto` file as text to what it declares. Names of types and options wait for `link-protos.ts`. */
import type { FileDescriptor } from "./file-descriptor.ts";
import { parseEnum } from "./parse-enum.ts";
import { parseExtend, parseMessage } from "./parse-message.ts";
import { parseOptionStatement } from "./parse-option.ts";
import { parseService } from "./parse-service.ts";
import { parseStrings } from "./parse-value.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { TokenReader } from "./token-reader.ts";

export interface ParseProtoOptions {
  /** The path by which others import it. */
  readonly file: string;
}

/** Imports of one file; more is a machine's doing. */
export const importsMax = 1000;

/** @throws {ReefError} `invalid_argument` with file, line, column and what was expected */
export function parseProto(text: string, { file }: ParseProtoOptions): ParsedFile {
  const source = { file, text };
  const reader = new TokenReader(source);
  const descriptor: FileDescriptor = {
    name: file,
    dependency: [],
    messageType: [],
    enumType: [],
    service: [],
  };
  reader.spot(descriptor, { name: reader.next });
  parseSyntax(reader, descriptor);
  while (reader.next.kind !== "end") parseStatement(reader, descriptor);
  const { syntax, tokens, imports, options, spots, locations } = reader;
  return { descriptor, source, syntax, tokens, imports, options, spots, locations };
}

function parseSyntax(reader: TokenReader, file: FileDescriptor): void {
  const first = reader.at;
  if (!reader.looksAt("syntax") && !reader.looksAt("edition")) return;
  const keyword = reader.take().text;
  reader.expect("=", `after "${keyword}"`);
  const token = reader.next;
  if (token.kind !== "string") {
    const example = keyword === "syntax" ? '"proto3"' : '"2023"';
    throw reader.expected(`${example} in quotes`, `write: ${keyword} = ${example};`);
  }
  const value = Buffer.from(parseStrings(reader).bytes).toString();
  if (keyword === "syntax" && (value === "proto2" || value === "proto3")) {
    reader.syntax = value;
    // As protoc has it, proto2 is what is there when nothing is said.
    if (value === "proto3") file.syntax = value;
  } else if (keyword === "edition" && value === "2023") {
    reader.syntax = "editions";
    file.syntax = "editions";
    file.edition = "EDITION_2023";
  } else {
    const known = keyword === "syntax" ? '"proto2" or "proto3"' : '"2023"';
    throw reader.refuse(token, `expected ${known}, found ${token.text}`, `write one of these`);
  }
  reader.expect(";", `after the ${keyword}`);
  reader.locate([12], first, { comments: [first, reader.at - 1] });
}

function parseStatement(reader: TokenReader, file: FileDescriptor): void {
  if (reader.tryTake(";")) return;
  const { text } = reader.next;
  switch (reader.next.kind === "word" ? text : "") {
    case "import":
      return parseImport(reader, file);
    case "package":
      return parsePackage(reader, file);
    case "option":
      return parseOptionStatement(reader, file, [8]);
    case "message":
      file.messageType.push(parseMessage(reader, [4, file.messageType.length]));
      return undefined;
    case "enum":
      file.enumType.push(parseEnum(reader, [5, file.enumType.length]));
      return undefined;
    case "service":
      file.service.push(parseService(reader, [6, file.service.length]));
      return undefined;
    case "extend": {
      const place = { nested: file.messageType, nestedPath: [4] };
      return parseExtend(reader, (file.extension ??= []), { ...place, path: [7] });
    }
    case "syntax":
    case "edition":
      throw reader.refuse(
        reader.next,
        `expected "${text}" as the first statement and once, found it here`,
        "move it to the top",
      );
    default:
      throw reader.expected(
        `"import", "package", "option", "message", "enum", "service" or "extend"`,
        "begin a statement with one of them",
      );
  }
}

function parseImport(reader: TokenReader, file: FileDescriptor): void {
  const first = reader.at;
  const index = file.dependency.length;
  reader.take();
  const modifierAt = reader.at;
  if (reader.tryTake("public")) {
    const list = (file.publicDependency ??= []);
    reader.locate([10, list.length], modifierAt);
    list.push(index);
  } else if (reader.tryTake("weak")) {
    const list = (file.weakDependency ??= []);
    reader.locate([11, list.length], modifierAt);
    list.push(index);
  }
  const token = reader.next;
  if (token.kind !== "string") {
    throw reader.expected("the path of a file in quotes", 'write: import "a/b.proto";');
  }
  const path = Buffer.from(parseStrings(reader).bytes).toString();
  if (file.dependency.includes(path)) {
    throw reader.refuse(token, `expected each import once, found "${path}" again`, "remove it");
  }
  if (index >= importsMax) {
    throw reader.refuse(token, `expected at most ${importsMax} imports, found more`, "import less");
  }
  file.dependency.push(path);
  reader.imports.push(token);
  reader.expect(";", "after an import");
  reader.locate([3, index], first, { comments: [first, reader.at - 1] });
}

function parsePackage(reader: TokenReader, file: FileDescriptor): void {
  const first = reader.at;
  const keyword = reader.take();
  if (file.package !== undefined) {
    throw reader.refuse(keyword, "expected one package, found a second one", "remove it");
  }
  file.package = reader.dottedName("the name of a package", { absolute: false });
  reader.expect(";", "after the package");
  reader.locate([2], first, { comments: [first, reader.at - 1] });
}
