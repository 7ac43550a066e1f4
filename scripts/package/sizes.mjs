// What users download, against what was recorded: growth by more than a twentieth is an error until somebody records it (`--record`).
import { readFileSync, writeFileSync } from "node:fs";

const record = new URL("sizes.json", import.meta.url);
const largestGrowth = 1.05;

/** A name and a fault, or none, of each figure. */
export function sizes(measured, isRecording) {
  const recorded = JSON.parse(readFileSync(record, "utf8"));
  if (isRecording) writeFileSync(record, `${JSON.stringify(measured, null, 2)}\n`);
  return Object.entries(measured).map(([name, value]) => {
    const before = recorded[name];
    const hint = "if that is worth it: npm run package -- --record, and commit sizes.json with the reason";
    const isGrown = !(value <= largestGrowth * before) && !isRecording;
    return [`${name} ${value} (recorded ${before})`, isGrown ? `has grown by more than a twentieth; ${hint}` : undefined];
  });
}
