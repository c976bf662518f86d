/** The module that `reef gen --lang ts` writes: the types of a contract, and the contract itself for programs. */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import { pascalCase, protoMethodName } from "../proto-names.ts";
import { typeIdentifier } from "../proto/proto-identifiers.ts";
import { comment, propertyName, TypeScriptTypes } from "./typescript-types.ts";

/** A whole module; `command` is what its first line says made it. */
export function clientContract(descriptor: ContractDescriptor, command: string): string {
  const name = pascalCase(descriptor.name);
  const methodsName = `${name}Methods`;
  const types = new TypeScriptTypes(descriptor, [name, methodsName]);
  const methods = Object.values(descriptor.methods).map((method) => {
    return methodText(descriptor, types, method);
  });
  const maker = descriptor.proto?.files === undefined ? "describedContract" : "protoContract";
  const used = ["Contract", "Empty", "Message", "Method"].filter((word) => {
    return (
      word === "Contract" || methods.some((text) => new RegExp(`\\b${word}\\b`, "u").test(text))
    );
  });
  const imports = [maker, ...used.map((word) => `type ${word}`)];
  return [
    `/** Made by \`${command}\`: make it again instead of changing it. */`,
    `import { ${imports.join(", ")} } from "reef";`,
    "",
    ...types.texts.flatMap((text) => [text, ""]),
    `export type ${methodsName} = {`,
    ...methods,
    "};",
    "",
    `${comment(descriptor.description, "")}export const ${name}: Contract<${methodsName}> = ${sourceText(descriptor)};`,
    "",
  ].join("\n");
}

function methodText(
  descriptor: ContractDescriptor,
  types: TypeScriptTypes,
  method: MethodDescriptor,
): string {
  const { name, kind, input, output, errors = {}, description } = method;
  const base = protoMethodName(descriptor, name);
  const sent = messageNames(types, input, `${base}Request`);
  const answer = output && messageNames(types, output, `${base}Response`);
  const errorTypes = Object.entries(errors).map(([reason, { code, data }]) => {
    const names = data && types.message(data, `${base}${typeIdentifier(reason)}Error`);
    const type = names
      ? `{ code: "${code}"; data: Message<${names.sent}, ${names.seen}> }`
      : `{ code: "${code}" }`;
    return `readonly ${propertyName(reason)}: ${type}`;
  });
  const all = [
    JSON.stringify(kind),
    sent.sent,
    sent.seen,
    answer ? answer.sent : "void",
    answer ? answer.seen : "void",
    errorTypes.length === 0 ? "{}" : `{ ${errorTypes.join("; ")} }`,
  ];
  return `${comment(description, "  ")}  readonly ${propertyName(name)}: Method<\n    ${all.join(",\n    ")}\n  >;`;
}

function messageNames(types: TypeScriptTypes, shape: MethodDescriptor["input"], wanted: string) {
  const isEmpty = Object.keys(shape.fields).length === 0;
  return isEmpty ? { sent: "Empty | void", seen: "Empty" } : types.message(shape, wanted);
}

/** What makes the contract: the files of a `.proto`, or the descriptor. */
function sourceText(descriptor: ContractDescriptor): string {
  const { name, version, proto } = descriptor;
  if (proto?.files === undefined) {
    return `describedContract(${JSON.stringify(descriptor, null, 2)})`;
  }
  const service = JSON.stringify(proto.service);
  return (
    `protoContract(${JSON.stringify(name)}, {\n` +
    `  service: ${service},\n  version: ${JSON.stringify(version)},\n` +
    `  files:\n${longText(proto.files)},\n})`
  );
}

/** So many characters of a string stand on one line. */
const lineLength = 92;

function longText(text: string): string {
  const parts = text.match(new RegExp(`.{1,${lineLength}}`, "gu")) ?? [""];
  return parts.map((part) => `    "${part}"`).join(" +\n");
}
