/** How fast is one small call between two processes, against what people use today? */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";
import { helloBytes } from "./work.ts";

const small = { method: "hello", bytes: helloBytes, variant: null, transport: "tcp" } as const;

export const question = loadQuestion({
  title: "one small unary call, two processes",
  concurrency: [1, 32, 256],
  contenders: [
    { ...small, peer: "reef", module: peerModules.reef },
    { ...small, peer: "reef", variant: "metadata", module: peerModules.reef },
    { ...small, peer: "reef", variant: "protobuf", module: peerModules.reef },
    { ...small, peer: "bare-wire", module: peerModules["bare-wire"] },
    { ...small, peer: "grpc-js", module: peerModules["grpc-js"] },
    { ...small, peer: "moleculer-tcp", module: peerModules["moleculer-tcp"] },
    { ...small, peer: "nest-tcp", module: peerModules["nest-tcp"] },
  ],
  // One caller at a time is bound by the kernel; it is measured and shown all the same.
  budgets: [
    { kind: "ratio", against: "moleculer-tcp", concurrency: 1, atLeast: 1.3 },
    { kind: "ratio", against: "nest-tcp", concurrency: 1, atLeast: 1.2 },
    { kind: "ratio", against: "grpc-js", concurrency: 1, atLeast: 2.8 },
    { kind: "ratio", against: "moleculer-tcp", concurrency: 32, atLeast: 2.2 },
    { kind: "ratio", against: "nest-tcp", concurrency: 32, atLeast: 1.6 },
    { kind: "ratio", against: "grpc-js", concurrency: 32, atLeast: 25 },
    { kind: "ratio", against: "moleculer-tcp", concurrency: 256, atLeast: 5 },
    { kind: "ratio", against: "nest-tcp", concurrency: 256, atLeast: 4.5 },
    { kind: "ratio", against: "grpc-js", concurrency: 256, atLeast: 55 },
    // The generated codec, where both sides have the numbers of the contract.
    ...Object.entries({ "moleculer-tcp": 7.5, "nest-tcp": 6.5, "grpc-js": 80 }).map(
      ([against, atLeast]) => {
        const generated = { kind: "ratio", variant: "protobuf", concurrency: 256 } as const;
        return { ...generated, against, atLeast };
      },
    ),
    // The bare wire sends metadata, so it is compared with reef when reef sends the same.
    ...[32, 256].map((concurrency) => {
      const bare = { kind: "ratio", against: "bare-wire", atLeast: 0.6 } as const;
      return { ...bare, variant: "metadata", concurrency };
    }),
    { kind: "cpu_us", concurrency: 256, below: 8 },
  ],
});
