/** `reference` computes everything in float64, one element at a time: slow and exact. */
export const devices = { cpu: "cpu", reference: "reference" } as const;
export type DeviceName = keyof typeof devices;

/** How the `cpu` device computes: WebAssembly everywhere, C where a compiler is, or whichever a program's work calls for. */
export const tiers = { auto: "auto", wasm: "wasm", native: "native" } as const;
export type Tier = keyof typeof tiers;
