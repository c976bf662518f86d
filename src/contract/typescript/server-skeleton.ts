/** The program that `reef gen --server` writes: a service whose methods are all still to be written. */
import type { ContractDescriptor } from "../descriptor.ts";
import { pascalCase } from "../proto-names.ts";
import { comment, propertyName } from "./typescript-types.ts";

/** It compiles and runs as it is; every call of it is answered with `unimplemented`. */
export function serverSkeleton(descriptor: ContractDescriptor): string {
  const type = pascalCase(descriptor.name);
  const value = type.replace(/^./u, (letter) => letter.toLowerCase());
  const methods = Object.values(descriptor.methods).map(({ name, description }) => {
    return `${comment(description, "  ")}  ${propertyName(name)}: () => notWritten(${JSON.stringify(name)}),`;
  });
  return `import { ReefError, serve, service } from "reef";
import { ${type} } from "./${descriptor.name}.contract.ts";

export const ${value} = service(${type}, {
${methods.join("\n")}
});

/** Write the method in its place: \`async hello({ name }, call) { return { message: name }; }\`. */
function notWritten(method: string): never {
  throw new ReefError("unimplemented", \`Cannot call "\${method}": it is not written yet\`);
}

if (import.meta.main) await serve(${value});
`;
}
