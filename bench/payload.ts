/** What does a bigger message cost? A list of records goes there and back. */
import { loadQuestion } from "./load-question.ts";
import { peerModules } from "./peer-modules.ts";

const sizes = [1_024, 102_400];

export const question = loadQuestion({
  title: "unary calls with 1 KB and 100 KB each way, two processes",
  concurrency: [1, 32],
  contenders: sizes.flatMap((bytes) => {
    const order = { method: "order", bytes, variant: null, transport: "tcp" } as const;
    return [
      { ...order, peer: "reef", module: peerModules.reef },
      { ...order, peer: "bare-wire", module: peerModules["bare-wire"] },
      { ...order, peer: "grpc-js", module: peerModules["grpc-js"] },
      { ...order, peer: "moleculer-tcp", module: peerModules["moleculer-tcp"] },
      { ...order, peer: "nest-tcp", module: peerModules["nest-tcp"] },
    ];
  }),
  budgets: [],
});
