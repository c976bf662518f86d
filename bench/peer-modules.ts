/** The files that export the two sides of each peer. */
export const peerModules = {
  reef: new URL("reef-peer.ts", import.meta.url),
  "reef-known": new URL("reef-known.ts", import.meta.url),
  "reef-direct": new URL("reef-direct.ts", import.meta.url),
  "gateway-reef": new URL("gateway-reef.ts", import.meta.url),
  "gateway-plain": new URL("gateway-plain.ts", import.meta.url),
  "grpc-bare": new URL("grpc-bare.ts", import.meta.url),
  "grpc-reef": new URL("grpc-reef.ts", import.meta.url),
  "plain-function": new URL("plain-function.ts", import.meta.url),
  "store-reef": new URL("store-reef.ts", import.meta.url),
  "registry-direct": new URL("registry-direct.ts", import.meta.url),
  "bare-wire": new URL("bare-wire.ts", import.meta.url),
  "grpc-js": new URL("peers/grpc-js.ts", import.meta.url),
  "moleculer-tcp": new URL("peers/moleculer-tcp.ts", import.meta.url),
  "nest-tcp": new URL("peers/nest-tcp.ts", import.meta.url),
  redis: new URL("peers/redis.ts", import.meta.url),
} as const;
