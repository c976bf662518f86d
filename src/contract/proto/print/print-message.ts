/** Messages with all that is in them, in an order that gives the same lists when it is read again. */
import type * as proto from "../file-descriptor.ts";
import { joinName } from "../symbols.ts";
import { impliedMessage } from "./implied-message.ts";
import { optionStatements } from "./option-text.ts";
import { printEnum } from "./print-enum.ts";
import { printField } from "./print-field.ts";
import { fieldBounds, printExtensionRanges, printReserved } from "./print-ranges.ts";
import type { ProtoPage } from "./proto-page.ts";

export interface Declarations {
  readonly messages: readonly proto.MessageDescriptor[];
  readonly extensions: readonly proto.FieldDescriptor[];
  /** The full name of what they are in. */
  readonly scope: string;
  /** The message that they are in; none for a file. */
  readonly message?: proto.MessageDescriptor;
}

/**
 * Fields, messages and extensions of one scope. A field or an extension may imply a message (a group, the entry of a
 * map), which then stands where all messages in front of it in the list are written.
 */
export function printDeclarations(page: ProtoPage, declarations: Declarations): void {
  const { messages, extensions, scope, message } = declarations;
  const fields = message?.field ?? [];
  const owners = new Map(
    [...fields, ...extensions].map((one) => [impliedMessage(one, declarations), one]),
  );
  let writtenMessages = 0;
  let writtenExtensions = 0;
  const messagesUpTo = (end: number): void => {
    for (; writtenMessages < end; writtenMessages += 1) {
      const one = messages[writtenMessages];
      if (!one) continue;
      const owner = owners.get(one);
      if (!owner) printMessage(page, one, { scope });
      else extensionsUpTo(extensions.indexOf(owner) + 1);
    }
  };
  const extensionsUpTo = (end: number): void => {
    printExtensions(page, extensions.slice(writtenExtensions, end), declarations);
    writtenExtensions = Math.max(writtenExtensions, end);
  };
  const written = new Set<number>();
  for (const field of fields) {
    const implied = impliedMessage(field, declarations);
    if (implied) messagesUpTo(messages.indexOf(implied));
    const at = field.proto3Optional === true ? undefined : field.oneofIndex;
    if (at === undefined) printField(page, field, { ...declarations, print: printMessage });
    else if (!written.has(at)) printOneof(page, at, { ...declarations, messagesUpTo });
    if (at !== undefined) written.add(at);
  }
  messagesUpTo(messages.length);
  extensionsUpTo(extensions.length);
}

/** `head` is what a group has instead of the word `message`. */
export function printMessage(
  page: ProtoPage,
  message: proto.MessageDescriptor,
  { scope: outer, head = `message ${message.name}` }: { scope: string; head?: string },
): void {
  const scope = joinName(outer, message.name);
  page.gap();
  page.braces(head, message, () => {
    page.lines(optionStatements(page, message.options, { type: "MessageOptions", scope }));
    printReserved(page, message, fieldBounds);
    printExtensionRanges(page, message.extensionRange ?? [], scope);
    const { nestedType: messages, extension: extensions = [] } = message;
    printDeclarations(page, { messages, extensions, scope, message });
    for (const one of message.enumType) printEnum(page, one, scope);
  });
}

function printOneof(
  page: ProtoPage,
  at: number,
  declarations: Declarations & { readonly messagesUpTo: (end: number) => void },
): void {
  const { scope, message, messages, messagesUpTo } = declarations;
  const declared = message?.oneofDecl[at];
  if (!message || !declared) return;
  const fields = message.field.filter(({ oneofIndex }) => oneofIndex === at);
  const groups = fields.flatMap((field) => impliedMessage(field, declarations) ?? []);
  // Nothing but fields stands inside of a oneof.
  if (groups[0]) messagesUpTo(messages.indexOf(groups[0]));
  page.gap();
  page.braces(`oneof ${declared.name}`, declared, () => {
    const place = { type: "OneofOptions", scope: joinName(scope, declared.name) };
    page.lines(optionStatements(page, declared.options, place));
    for (const field of fields) {
      printField(page, field, { ...declarations, print: printMessage, isInOneof: true });
    }
  });
}

/** Those that follow each other and extend the same message stand together. */
function printExtensions(
  page: ProtoPage,
  extensions: readonly proto.FieldDescriptor[],
  declarations: Declarations,
): void {
  let at = 0;
  while (at < extensions.length) {
    const { extendee = "" } = extensions[at] ?? {};
    page.gap();
    page.braces(`extend ${page.names.shortest(extendee, declarations.scope)}`, {}, () => {
      for (; extensions[at]?.extendee === extendee; at += 1) {
        const one = extensions[at];
        if (one) printField(page, one, { ...declarations, print: printMessage });
      }
    });
  }
}
