import { expect, test } from "vitest";
import { GradsmithError } from "./errors.ts";
import { described } from "./options.ts";
import { printable, quotedName } from "./printable.ts";

test("control characters, and those that turn writing around, are shown as JSON escapes them", () => {
  expect(printable("a\u001b[31mb\u0007\u009bc\n\u202ed\u2028")).toBe("a\\u001b[31mb\\u0007\\u009bc\\u000a\\u202ed\\u2028");
  expect(printable("naïve ключ 名前")).toBe("naïve ключ 名前");
  expect(quotedName('say "hi"\n')).toBe(JSON.stringify('say "hi"\n'));
});

test("long texts and names are shortened, and messages are, whatever is in them", () => {
  expect(printable("x".repeat(1000))).toBe(`${"x".repeat(200)}…`);
  expect(quotedName("x".repeat(5e7))).toBe(`"${"x".repeat(80)}…"`);
  const { message } = new GradsmithError("file", "\u001b]0;title\u0007", `holds ${"y".repeat(5e7)}.`);
  expect(message.startsWith("[\\u001b]0;title\\u0007] holds yyy")).toBe(true);
  expect(message.length).toBeLessThan(10_100);
  expect(new GradsmithError("file", "f", "two\nlines").message).toBe("[f] two\nlines");
});

test("values nested without end are described up to a depth", () => {
  const cycle: unknown[] = [1];
  cycle.push(cycle);
  expect(described(cycle)).toBe("[1, [1, [1, [1, [1, an array of 2]]]]]");
});
