/** The rigs by name, in the order in which they are shown. */
import { adopt } from "./adopt.ts";
import { adoptMidway } from "./adopt-midway.ts";
import { bitFlip } from "./bit-flip.ts";
import { diskFull } from "./disk-full.ts";
import { fsync } from "./fsync.ts";
import { kill, killStore } from "./kill.ts";
import { linearizable } from "./linearizable.ts";
import { postgresAway } from "./postgres-away.ts";
import { postgresPower } from "./postgres-power.ts";
import { power } from "./power.ts";
import type { Rig } from "./rig.ts";

export const rigs: { readonly [name: string]: Rig } = {
  kill,
  "kill-store": killStore,
  linearizable,
  power,
  "disk-full": diskFull,
  fsync,
  "bit-flip": bitFlip,
  adopt,
  "adopt-midway": adoptMidway,
  postgres: postgresAway,
  "postgres-power": postgresPower,
};
