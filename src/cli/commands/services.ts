import type { ServiceView } from "../../blocks/registry/index.ts";
import { compareVersions } from "../../contract/version.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { note, printJson, printTable } from "../print.ts";
import { runNext } from "../run-next.ts";
import type { Cell } from "../table.ts";
import { painter } from "../terminal.ts";

export const services = command({
  name: "services",
  summary: "List what can be called",
  about: `NODES counts running instances: ready ones of all. A service with 0/0 is expected: it is starting, or being
replaced, and calls wait for it. The platform's own services are in the namespace reef.`,
  examples: [
    ["reef services", "of all namespaces but the platform's own"],
    ["reef services --namespace reef", "those of the platform"],
    [
      "reef services --json",
      "one object: { services: [{ name, namespace, version, nodes, ... }] }",
    ],
  ],
  positionals: {},
  options: {},
  async run(context) {
    const { registry } = await context.platform();
    const { platformNamespace } = await import("../../blocks/registry/index.ts");
    const { globals, signal } = context;
    const listed = await registry.list({
      signal,
      ...(globals.namespace !== undefined && { namespace: globals.namespace }),
    });
    const views = listed.filter(({ namespace }) => {
      return globals.namespace !== undefined || namespace !== platformNamespace;
    });
    if (globals.json) await printJson(context, { services: views.map(serviceObject) });
    else if (views.length === 0) {
      await note(context, `No service is there yet\ntry: ${runNext(context)}`);
    } else {
      const rows = views.map((view) => row(context, view));
      await printTable(context, ["NAME", "VERSION", "NODES", "NAMESPACE"], rows);
    }
    return 0;
  },
});

function serviceObject(view: ServiceView): object {
  const { service: name, namespace, expected, nodes } = view;
  return { name, namespace, version: versionsOf(view).join(", "), expected, nodes };
}

function row(context: CommandContext, view: ServiceView): Cell[] {
  const ready = view.nodes.filter(({ state }) => state === "ready").length;
  const style = ready > 0 ? "good" : "busy";
  return [
    { text: view.service, paint: painter(context.stdout, "name") },
    versionsOf(view).join(", ") || "-",
    { text: `${ready}/${view.nodes.length}`, paint: painter(context.stdout, style) },
    view.namespace,
  ];
}

/** More than one while a new version is rolled out, or while two run side by side. */
function versionsOf({ nodes }: ServiceView): string[] {
  return [...new Set(nodes.map(({ version }) => version))].toSorted(compareVersions);
}
