import type { Call } from "../ir/program.ts";
import type { Group } from "./group.ts";
import type { MemoryMap } from "./lower-loop.ts";

/** Stands in for `alike-groups.ts` in bundles for browsers (package.json, `browser`), where each group is lowered. */
export class AlikeGroups {
  call(_group: Group, _memory: MemoryMap, make: () => Call): Call {
    return make();
  }
}
