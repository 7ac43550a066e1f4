import { sequential, tensor } from "gradsmith";
import { expect, test } from "vitest";

test("consoles and stacks name classes as the documentation does, in the bundled package too", () => {
  expect([tensor([1]), sequential([])].map((value) => value.constructor.name)).toEqual(["Tensor", "Sequential"]);
});
