import { expect } from "vitest";
import { GradsmithError } from "../src/core/errors.ts";

/** The code and the whole message of the error that `work` throws or rejects with; it must be one of Gradsmith's. */
export async function refusal(work: () => unknown): Promise<readonly [code: string, message: string]> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(GradsmithError);
  return [(error as GradsmithError).code, (error as GradsmithError).message];
}
