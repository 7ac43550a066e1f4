import type { Traced } from "../../compiler/compile.ts";
import { decode, encoded } from "../../core/encoding.ts";
import { plainBytes } from "../../core/memory.ts";
import { sizeOf } from "../../core/shape.ts";
import { topological } from "../../ir/graph.ts";
import type { Backend, DeviceDescription, Executable, Explanation } from "../backend.ts";
import { evaluateGraph } from "./evaluate.ts";

/** Bytes, or bytes that will come. */
class HostMemory {
  readonly byteLength: number;
  #bytes: Uint8Array | Promise<Uint8Array> | undefined;

  constructor(byteLength: number, bytes?: Uint8Array) {
    this.byteLength = byteLength;
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array | Promise<Uint8Array> {
    this.#bytes ??= plainBytes(this.byteLength);
    return this.#bytes;
  }
  set bytes(bytes: Uint8Array | Promise<Uint8Array>) {
    this.#bytes = bytes;
    // Whoever reads is told why they didn't come.
    if (bytes instanceof Promise) bytes.catch(() => {});
  }
}

/** A graph to be interpreted as it is. */
class Interpreted implements Executable {
  readonly ready = Promise.resolve();
  readonly operationsPerCall = 1e5;
  readonly traced: Traced;

  constructor(traced: Traced) {
    this.traced = traced;
  }

  get operations(): number {
    return topological(this.traced.outputs).reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  }

  explain(): Explanation {
    return { tier: "reference", reason: "asked for", program: undefined };
  }
  abandon(): void {}
}

/** Computes graphs themselves, in float64, one element at a time: slow and exact. Shares nothing with the compiler, which is held to it. */
export class ReferenceBackend implements Backend {
  readonly name = "reference";

  allocate(byteLength: number): HostMemory {
    return new HostMemory(byteLength);
  }

  adopt(bytes: Uint8Array): HostMemory {
    return new HostMemory(bytes.byteLength, bytes);
  }

  write(memory: HostMemory, bytes: Uint8Array | Promise<Uint8Array>): void {
    memory.bytes = bytes instanceof Uint8Array ? bytes.slice() : bytes;
  }

  copy({ byteLength, bytes }: HostMemory): HostMemory {
    const twin = new HostMemory(byteLength);
    this.write(twin, bytes);
    return twin;
  }

  load(traced: Traced): Interpreted {
    return new Interpreted(traced);
  }

  enqueue({ traced }: Interpreted, memories: readonly HostMemory[], times: number): void {
    if (times <= 0) return;
    const contents = memories.slice(0, traced.inputs.length).map(({ bytes }) => bytes);
    const targets = targetsOf(traced, memories);
    if (contents.every((bytes) => bytes instanceof Uint8Array)) {
      const results = interpret(traced, contents, times);
      targets.forEach((memory, i) => (memory.bytes = results[i]!));
      return;
    }
    const results = Promise.all(contents).then((come) => interpret(traced, come, times));
    targets.forEach((memory, i) => (memory.bytes = results.then((all) => all[i]!)));
  }

  async read({ bytes }: HostMemory): Promise<Uint8Array> {
    return (await bytes).slice();
  }

  describe(): DeviceDescription {
    const lines = ["device reference: float64, one element at a time (asked for)"];
    return { device: "reference", tier: "reference", threads: 1, lines };
  }
}

/** Where each output goes: to the donated input's memory, or to the next new one. */
function targetsOf({ inputs, outputs, donations }: Traced, memories: readonly HostMemory[]): HostMemory[] {
  let next = inputs.length;
  return outputs.map((_, i) => memories[donations?.get(i) ?? next++]!);
}

function interpret({ inputs, outputs, donations }: Traced, given: readonly Uint8Array[], times: number): Uint8Array[] {
  const contents = [...given];
  const places = new Map(inputs.map((node, place) => [node, place]));
  let results: Uint8Array[] = [];
  for (let i = 0; i < times; i++) {
    const values = evaluateGraph(outputs, (node) => decode(contents[places.get(node)!]!, node.type.dtype));
    results = outputs.map((node, output) => encoded(values[output]!, node.type));
    for (const [output, input] of donations ?? []) contents[input] = results[output]!;
  }
  return results;
}
