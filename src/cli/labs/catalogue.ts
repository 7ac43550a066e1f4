import { GradsmithError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Lab } from "../lab.ts";
import { classification } from "./classification.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { mnist } from "./mnist.ts";
import { regression } from "./regression.ts";
import { xor } from "./xor.ts";

/** The first one is the main job: what runs when nothing is named. */
export const labCatalogue: readonly [Lab, ...Lab[]] = [classification, regression, fashionMnist, mnist, xor];

export function labNamed(name: string): Lab {
  const lab = labCatalogue.find((candidate) => candidate.name === name);
  if (lab !== undefined) return lab;
  const names = labCatalogue.map((candidate) => candidate.name);
  const close = nearest(name, names);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError("usage", "run", `unknown lab "${name}".${hint}`, `Known: ${names.join(", ")}.`);
}
