import { describeDevice, setDevice } from "gradsmith";

setDevice({ device: "cpu", tier: "native" });
/** Why there is no native tier here, if there is none. */
const [missing] = describeDevice().tier === "native" ? [] : describeDevice().lines;
setDevice({ device: "cpu", tier: "auto" });

/** Everything that computes here: what numbers are doesn't depend on it. */
export const devices = [
  { name: "reference", settings: { device: "reference", tier: "auto" } },
  { name: "wasm", settings: { device: "cpu", tier: "wasm" } },
  ...(missing === undefined ? ([{ name: "native", settings: { device: "cpu", tier: "native" } }] as const) : []),
] as const;
