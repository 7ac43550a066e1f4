import { fashionMnist as load } from "../../index.ts";
import type { Lab } from "../lab.ts";
import { imageLab } from "./image-lab.ts";

export const fashionMnist: Lab = imageLab(
  "fashion-mnist",
  "Which of ten kinds of clothes is it? A 784-512-512-10 network learns from 60,000 pictures.",
  load,
);
