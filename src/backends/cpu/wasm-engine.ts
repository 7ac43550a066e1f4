/** The part of WebAssembly's JavaScript interface we use; not all environments' type definitions have it. */
export interface WasmEngine {
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number; readonly shared?: boolean }) => WasmMemory;
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  validate(bytes: Uint8Array): boolean;
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const compiled: unique symbol;
export interface CompiledModule {
  readonly [compiled]: true;
}

/** The environment's engine, if it has one. */
export const wasmEngine = (): WasmEngine | undefined => (globalThis as { readonly WebAssembly?: WasmEngine }).WebAssembly;
