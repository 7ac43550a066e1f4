import { evaluateGraph } from "../backends/reference/evaluate.ts";
import type { Storage } from "../backends/storage.ts";
import type { Traced } from "../compiler/compile.ts";
import type { Prepared } from "./prepared.ts";
import { decode, storageFrom } from "./values.ts";

/** A traced function on the reference device. */
export const onReference = (traced: Traced): Prepared => new OnReference(traced);

/** Interprets the graph itself. */
class OnReference implements Prepared {
  readonly ready = Promise.resolve();
  readonly tier = "reference";
  readonly reason = "asked for";
  readonly compiled = undefined;
  readonly memoryBytes = 0;
  readonly #traced: Traced;
  constructor(traced: Traced) {
    this.#traced = traced;
  }

  run(inputs: readonly Storage[], repeat: number): Storage[] {
    const { inputs: nodes, outputs, donations } = this.#traced;
    let results: Storage[] = [];
    for (let i = 0; i < repeat; i++) {
      const places = new Map(nodes.map((node, place) => [node, place]));
      const values = evaluateGraph(outputs, (node) => decode(inputs[places.get(node)!]!.peek(), node.type.dtype));
      results = outputs.map((node, output) => {
        const computed = storageFrom(values[output]!, node.type);
        const donated = donations?.get(output);
        if (donated === undefined) return computed;
        inputs[donated]!.bytes.set(computed.peek());
        return inputs[donated]!;
      });
    }
    return results;
  }
}
