import { GradsmithError } from "../../core/errors.ts";
import type { Answer, Request } from "./messages.ts";
import { errorOf } from "./messages.ts";
import type { Started } from "./start-worker.ts";
import { startWorker } from "./start-worker.ts";

interface Reading {
  resolve(bytes: Uint8Array): void;
  reject(cause: unknown): void;
}

/** The page's end of a worker, which is started when it is first asked something. */
export class Link {
  #worker: Started | undefined;
  #failure: GradsmithError | undefined;
  readonly #readings = new Map<number, Reading>();
  #tickets = 0;
  #ids = 0;
  /** Numbers that nobody here knows any more: they are told together with the next request. */
  #forgotten: { readonly memories: number[]; readonly programs: number[] } = { memories: [], programs: [] };
  readonly #registry = new FinalizationRegistry<{ readonly kind: "memories" | "programs"; readonly id: number }>(({ kind, id }) =>
    this.#forgotten[kind].push(id),
  );

  /** The number of something in the worker, which forgets it once nothing here holds on to `keeper`. */
  number(kind: "memories" | "programs", keeper: object): number {
    const id = this.#ids++;
    this.#registry.register(keeper, { kind, id });
    return id;
  }

  post(request: Request): void {
    const { memories, programs } = this.#forgotten;
    if (memories.length + programs.length > 0) {
      this.#forgotten = { memories: [], programs: [] };
      this.#send({ kind: "forget", memories, programs });
    }
    this.#send(request);
  }

  read(memory: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const ticket = this.#tickets++;
      this.#readings.set(ticket, { resolve, reject });
      this.post({ kind: "read", memory, ticket });
      if (this.#failure !== undefined) this.#end(this.#failure);
      else if (this.#readings.size === 1) this.#worker?.keepAlive(true);
    });
  }

  #send(request: Request): void {
    if (this.#failure !== undefined) return;
    try {
      this.#worker ??= startWorker({ answered: (answer) => this.#answered(answer), failed: (cause) => this.#failed(cause) });
    } catch (cause) {
      if (cause instanceof GradsmithError) throw cause;
      this.#failed(cause);
    }
    this.#worker?.post(request);
  }

  #answered(answer: Answer): void {
    const reading = this.#readings.get(answer.ticket);
    this.#readings.delete(answer.ticket);
    if (this.#readings.size === 0) this.#worker?.keepAlive(false);
    if ("bytes" in answer) reading?.resolve(answer.bytes);
    else reading?.reject(errorOf(answer.fault));
  }

  #failed(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#failure ??= new GradsmithError(
      "device",
      "worker",
      `the worker that computes could not be started, or has ended: ${why}.`,
      'What it held is lost. Load the page again, or use the device "cpu".',
    );
    this.#end(this.#failure);
  }

  #end(failure: GradsmithError): void {
    const open = [...this.#readings.values()];
    this.#readings.clear();
    for (const { reject } of open) reject(failure);
  }
}
