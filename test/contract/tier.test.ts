import { tiers } from "../table/tiers.ts";
import { tierContract } from "./tier.ts";

// The reference is none of them: it interprets the graph and is given no program (src/backends/reference/evaluate.test.ts).
for (const { name, make, missing } of tiers) tierContract(name, make, { missing });
