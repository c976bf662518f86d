/**
 * Installs the servers and browsers that tests need and that this machine lacks: first step of `npm run test:all`.
 * It says what it does; it needs apt and root, and says so when it has neither.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that tests start, and the package of the distribution that has it. */
export interface Server {
  readonly command: string;
  readonly aptPackage: string;
  /** Where the distribution puts it when that is not on the PATH, as a pattern. */
  readonly folders?: string;
  /** Whether it is a file that tests read, not a program that they start. */
  readonly data?: true;
}

/** The one list. A suite that needs a server adds it here and skips, with a reason, where it is missing. */
const servers: readonly Server[] = [
  { command: "strace", aptPackage: "strace" },
  { command: "xfs_io", aptPackage: "xfsprogs" },
  { command: "python3", aptPackage: "python3" },
  { command: "postgres", aptPackage: "postgresql", folders: "/usr/lib/postgresql/*/bin" },
  { command: "zsh", aptPackage: "zsh" },
  { command: "fish", aptPackage: "fish" },
  { command: "chromium", aptPackage: "chromium" },
  { command: "protoc", aptPackage: "protobuf-compiler" },
  { command: "grpc_python_plugin", aptPackage: "protobuf-compiler-grpc" },
  // A module of Python: its folder stands for it.
  {
    command: "grpc_tools",
    aptPackage: "python3-grpc-tools",
    folders: "/usr/lib/python3/dist-packages",
  },
  { command: "hpack", aptPackage: "python3-hpack", folders: "/usr/lib/python3/dist-packages" },
  {
    command: "descriptor.proto",
    aptPackage: "libprotobuf-dev",
    folders: "/usr/include/google/protobuf",
    data: true,
  },
  {
    command: "plugin.proto",
    aptPackage: "libprotoc-dev",
    folders: "/usr/include/google/protobuf/compiler",
    data: true,
  },
  {
    command: "health.proto",
    aptPackage: "grpc-proto",
    folders: "/usr/share/grpc-proto/grpc/health/v1",
    data: true,
  },
  {
    command: "annotations.proto",
    aptPackage: "golang-github-grpc-ecosystem-grpc-gateway-dev",
    folders: "/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/**/google/api",
    data: true,
  },
];

/** Those whose command is in none of the folders of `path`, nor in their own. */
export function missingServers(wanted: readonly Server[], path: string): Server[] {
  return wanted.filter(({ command, folders = [], data = false }) => {
    const mode = data ? constants.R_OK : constants.X_OK;
    return ![...path.split(delimiter), ...globSync(folders)].some((folder) =>
      isThere(join(folder, command), mode),
    );
  });
}

function main(): number {
  const missing = missingServers(servers, process.env.PATH ?? "");
  if (missing.length === 0) {
    process.stdout.write("test:all: every server that tests need is here, nothing to install\n");
    return 0;
  }
  const packages = missing.map(({ aptPackage }) => aptPackage);
  process.stdout.write(`test:all: installing ${packages.join(", ")} with apt-get\n`);
  for (const step of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]]) {
    const { status } = spawnSync("apt-get", step, { stdio: "inherit" });
    if (status === 0) continue;
    process.stderr.write(
      `Cannot install ${packages.join(", ")}: "apt-get ${step[0]}" failed; run test:all as root on Debian or Ubuntu, ` +
        "or install them by hand\n",
    );
    return 1;
  }
  return 0;
}

function isThere(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) process.exitCode = main();
