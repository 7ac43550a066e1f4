import { mnist as load } from "../../index.ts";
import type { Lab } from "../lab.ts";
import { imageLab } from "./image-lab.ts";

export const mnist: Lab = imageLab("mnist", "Which digit is it? A 784-512-512-10 network learns from 60,000 pictures.", load);
