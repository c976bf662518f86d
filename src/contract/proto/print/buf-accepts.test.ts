/**
 * Printed text is read again: by us as the same descriptor with the same comments, and by `buf build` without a word.
 */
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import * as taxi from "../../../../examples/taxi/contracts.ts";
import { AuthContract } from "../../../blocks/auth/contract.ts";
import { RegistryContract } from "../../../blocks/registry/contract.ts";
import { RuntimeContract } from "../../../blocks/runtime/contract.ts";
import { StoreContract } from "../../../blocks/store/contract.ts";
import type { ContractDescriptor } from "../../descriptor.ts";
import { lockNumbers } from "../../numbers/lock-numbers.ts";
import { numberMessage } from "../../numbers/number-shape.ts";
import { errorPath, inputPath, outputPath } from "../../numbers/numbered-places.ts";
import { compileProtos } from "../compile-protos.ts";
import { encodeFileDescriptor } from "../descriptor-bytes.ts";
import type { FileDescriptor } from "../file-descriptor.ts";
import { fileDescriptorsOf } from "../file-descriptors-of.ts";
import { elementLocations } from "../source-comments.ts";
import { bufBuild } from "../test-buf.ts";
import { walkElements } from "../walk-elements.ts";
import { printProto } from "./print-proto.ts";

const fixtures = join(import.meta.dirname, "../fixtures");

/** Printed, each is read again as the same. */
async function printAll(folder: string, paths: readonly string[]) {
  const texts: [string, string][] = [];
  for (const path of paths) {
    const files = await compileProtos(path, (name) => textIn(folder, name));
    const file = files.at(-1) ?? assert.fail();
    const text = printProto(file, files);
    const again = await compileProtos(path, (name) =>
      name === path ? text : textIn(folder, name),
    );
    const read = again.at(-1) ?? assert.fail();
    const { sourceCodeInfo, ...bare } = file;
    const { sourceCodeInfo: readInfo, ...readBare } = read;
    assert.ok(sourceCodeInfo && readInfo);
    assert.deepEqual(readBare, bare, text);
    assert.deepEqual(encodeFileDescriptor(readBare), encodeFileDescriptor(bare), path);
    assert.deepEqual(commentsOf(read), commentsOf(file), text);
    texts.push([path, text]);
  }
  return texts;
}

function commentsOf(file: FileDescriptor) {
  const locations = elementLocations(file);
  return [...walkElements(file)].map(({ element, path }) => {
    const {
      leadingComments = "",
      trailingComments = "",
      leadingDetachedComments = [],
    } = locations.get(element) ?? {};
    const all = [leadingComments, trailingComments, ...leadingDetachedComments];
    return [path.join(), ...all.map((text) => text.replaceAll(/[ \t\r]+$/gmu, "").trimEnd())];
  });
}

function textIn(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

async function bufAccepts(texts: readonly (readonly [string, string])[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "reef-print-"));
  try {
    cpSync(
      new URL("../../../../templates/proto/google/api/", import.meta.url),
      join(folder, "google/api"),
      { recursive: true },
    );
    for (const [path, text] of texts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const built = await bufBuild(folder, { sourceInfo: false });
    for (const [path] of texts) assert.ok(built.has(path), path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("printProto() prints every hard case so that it is read as the same", async () => {
  const paths = globSync("*.proto", { cwd: fixtures });
  assert.ok(paths.length > 8);
  await bufAccepts(await printAll(fixtures, paths));
});

const gateway = "/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway";
const debian = [
  ["/usr/include", "google/protobuf/**/*.proto"],
  [join(gateway, "third_party/googleapis"), "google/**/*.proto"],
  ["/usr/share/grpc-proto", "grpc/{core,testing,health,reflection,channelz}/**/*.proto"],
] as const;

for (const [root, pattern] of debian) {
  const paths = globSync(pattern, { cwd: root });
  const skip = paths.length === 0 && `there is nothing at ${root}`;
  test(
    `printProto() prints the files of ${root} so that they are read as the same`,
    { skip },
    async () => {
      await bufAccepts(await printAll(root, paths));
    },
  );
}

test("printProto() prints contracts of schemas so that buf build takes them", async () => {
  const contracts = [
    StoreContract,
    RegistryContract,
    RuntimeContract,
    AuthContract,
    ...Object.values(taxi),
  ];
  const texts = contracts.map(({ descriptor }) => {
    const files = fileDescriptorsOf(numbered(descriptor));
    const file = files.at(-1) ?? assert.fail();
    return [file.name, printProto(file, files)] as const;
  });
  await bufAccepts(texts);
});

/** As after `reef contract lock`: not all of them keep a file of numbers. */
function numbered(descriptor: ContractDescriptor): ContractDescriptor {
  const lock = lockNumbers(descriptor);
  const methods = Object.entries(descriptor.methods).map(([name, method]) => {
    const { input, output, errors = {} } = method;
    const carried = Object.entries(errors).map(([reason, error]) => {
      const data = error.data && numberMessage(error.data, errorPath(name, reason), lock);
      return [reason, { ...error, ...(data && { data }) }] as const;
    });
    const made = {
      ...method,
      input: numberMessage(input, inputPath(name), lock),
      ...(output && { output: numberMessage(output, outputPath(name), lock) }),
      errors: Object.fromEntries(carried),
    };
    return [name, made] as const;
  });
  return { ...descriptor, methods: Object.fromEntries(methods) };
}
