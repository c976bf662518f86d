/** `service Greeter { rpc Hello(HelloRequest) returns (stream HelloReply); }` */
import type { MethodDescriptor, ServiceDescriptor } from "./file-descriptor.ts";
import { parseOptionStatement } from "./parse-option.ts";
import type { TokenReader } from "./token-reader.ts";
import type { Token } from "./tokenizer.ts";

export function parseService(reader: TokenReader, path: readonly number[]): ServiceDescriptor {
  const first = reader.at;
  reader.take();
  const nameAt = reader.at;
  const name = reader.word("the name of a service");
  reader.locate([...path, 1], nameAt);
  const element: ServiceDescriptor = { name: name.text, method: [] };
  reader.spot(element, { name });
  const open = reader.at;
  reader.expect("{", "after the name of a service");
  while (!reader.tryTake("}")) {
    if (reader.tryTake(";")) continue;
    if (reader.looksAt("option")) parseOptionStatement(reader, element, [...path, 3]);
    else if (reader.looksAt("rpc")) {
      element.method.push(parseMethod(reader, [...path, 2, element.method.length]));
    } else
      throw reader.expected(`"rpc", "option" or "}"`, "a service has methods: rpc Name(...) ...");
  }
  reader.locate(path, first, { comments: [first, open] });
  return element;
}

function parseMethod(reader: TokenReader, path: readonly number[]): MethodDescriptor {
  const first = reader.at;
  reader.take();
  const nameAt = reader.at;
  const name = reader.word("the name of a method");
  reader.locate([...path, 1], nameAt);
  const input = parseMethodType(reader, path, [5, 2]);
  reader.expect("returns", "after what a method takes");
  const output = parseMethodType(reader, path, [6, 3]);
  const element: MethodDescriptor = {
    name: name.text,
    inputType: input.name,
    outputType: output.name,
  };
  if (input.stream) element.clientStreaming = true;
  if (output.stream) element.serverStreaming = true;
  reader.spot(element, { name, type: input.token, output: output.token });
  const close = reader.at;
  if (reader.tryTake("{")) {
    // Known to have options, as protoc has it, even when there are none.
    element.options = {};
    while (!reader.tryTake("}")) {
      if (!reader.tryTake(";")) parseOptionStatement(reader, element, [...path, 4]);
    }
  } else reader.expect(";", "after a method");
  reader.locate(path, first, { comments: [first, close] });
  return element;
}

/** `(stream a.B)`; the numbers are the fields of a method for the word `stream` and for the name. */
function parseMethodType(
  reader: TokenReader,
  path: readonly number[],
  [streamField, typeField]: readonly [number, number],
): { name: string; stream: boolean; token: Token } {
  reader.expect("(", "in front of a message");
  const streamAt = reader.at;
  // A message may be called "stream".
  const stream = reader.looksAt("stream") && !reader.looksAt(")", 1);
  if (stream) {
    reader.take();
    reader.locate([...path, streamField], streamAt);
  }
  const typeAt = reader.at;
  const token = reader.next;
  const name = reader.dottedName("the name of a message");
  reader.locate([...path, typeField], typeAt);
  reader.expect(")", "after the name of a message");
  return { name, stream, token };
}
