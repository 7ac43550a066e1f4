import type { RegisterType } from "../../ir/expr.ts";

/** A number as a C literal of exactly this type. */
export function literal(value: number, dtype: RegisterType): string {
  switch (dtype) {
    case "f32":
      return floating(Math.fround(value), "f", (text) => Math.fround(Number(text)) === Math.fround(value));
    case "f64":
      return floating(value, "", () => false);
    case "i32":
      // The positive half of this literal would not fit an int.
      return value === -2147483648 ? "(-2147483647 - 1)" : String(value);
    case "u32":
      return `${value >>> 0}u`;
    case "bool":
      return value === 0 ? "0" : "1";
  }
}

function floating(value: number, suffix: "" | "f", isExact: (text: string) => boolean): string {
  if (Number.isNaN(value)) return `__builtin_nan${suffix}("")`;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (Math.abs(value) === Infinity) return `${sign}__builtin_inf${suffix}()`;
  const digits = shortest(Math.abs(value), isExact).replace("e+", "e");
  return `${sign}${/[.e]/.test(digits) ? digits : `${digits}.0`}${suffix}`;
}

/** The fewest digits that read back as the same number. */
function shortest(value: number, isExact: (text: string) => boolean): string {
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (isExact(text) || isExact(`-${text}`)) return text;
  }
  return String(value);
}
