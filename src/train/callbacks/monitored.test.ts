import { expect, test } from "vitest";
import { signOf } from "./monitored.ts";

test.each([
  ["val_accuracy", -1],
  ["acc", -1],
  ["val_sold_acc", -1],
  ["auc_1", -1],
  ["f1Score", -1],
  ["val_loss", 1],
  ["accuracy_loss", 1],
  ["mae", 1],
])("%s is better in Keras's direction", (monitor, sign) => {
  expect(signOf(monitor, "auto")).toBe(sign);
  expect([signOf(monitor, "max"), signOf(monitor, "min")]).toEqual([-1, 1]);
});
