/**
 * A file descriptor as the text of a `.proto`, in one order and one style. Read again, it is the same descriptor, but
 * for where things stand. Comments of options, of imports and of `reserved` are not printed.
 */
import type { FileDescriptor, ServiceDescriptor } from "../file-descriptor.ts";
import { joinName } from "../symbols.ts";
import { withWellKnownFiles } from "../well-known-files.ts";
import { optionStatements } from "./option-text.ts";
import { printEnum } from "./print-enum.ts";
import { printDeclarations } from "./print-message.ts";
import { ProtoPage } from "./proto-page.ts";

/** Numbers of fields of `google.protobuf.FileDescriptorProto`. */
const packageNumber = 2;
const syntaxNumber = 12;
const editionNumber = 14;

/**
 * `files` are those that it imports: with them types are named as shortly as protobuf understands them, and custom
 * options have a name. What comes with the package need not be among them.
 */
export function printProto(file: FileDescriptor, files: readonly FileDescriptor[] = []): string {
  const others = files.filter(({ name }) => name !== file.name);
  const page = new ProtoPage(file, withWellKnownFiles([...others, file]));
  const { package: scope = "", syntax = "proto2", edition = "", dependency } = file;
  if (syntax === "editions") {
    page.fileStatement(`edition = "${edition.replace("EDITION_", "")}";`, editionNumber);
  } else page.fileStatement(`syntax = "${syntax}";`, syntaxNumber);
  page.gap();
  if (scope !== "") page.fileStatement(`package ${scope};`, packageNumber);
  page.block(dependency.map((path, at) => `import ${importWord(file, at)}"${path}";`));
  page.block(optionStatements(page, file.options, { type: "FileOptions", scope }));
  for (const service of file.service) printService(page, service);
  const { messageType: messages, extension: extensions = [] } = file;
  printDeclarations(page, { messages, extensions, scope });
  for (const one of file.enumType) printEnum(page, one, scope);
  return page.text;
}

function importWord({ publicDependency, weakDependency }: FileDescriptor, at: number): string {
  if (publicDependency?.includes(at)) return "public ";
  return weakDependency?.includes(at) ? "weak " : "";
}

function printService(page: ProtoPage, service: ServiceDescriptor): void {
  const scope = joinName(page.file.package ?? "", service.name);
  page.gap();
  page.braces(`service ${service.name}`, service, () => {
    page.lines(optionStatements(page, service.options, { type: "ServiceOptions", scope }));
    for (const method of service.method) {
      const { name, inputType, outputType, clientStreaming, serverStreaming } = method;
      // Types of methods are looked up from the service.
      const input = `${clientStreaming ? "stream " : ""}${page.names.shortest(inputType, scope)}`;
      const output = `${serverStreaming ? "stream " : ""}${page.names.shortest(outputType, scope)}`;
      const head = `rpc ${name}(${input}) returns (${output})`;
      const place = { type: "MethodOptions", scope: joinName(scope, name) };
      const options = optionStatements(page, method.options, place);
      // Braces with nothing inside are options, too.
      if (method.options === undefined) page.statement(`${head};`, method);
      else page.braces(head, method, () => page.lines(options));
    }
  });
}
