/**
 * Numbers as prometheus_client prints them: Python's `repr` of a float, with Go's early exponents.
 *
 * @module
 */

/**
 * The text of a sample's value or a bucket's bound: `1.0`, `1e-05`, `1.79555178051e+09`, `+Inf`, `NaN`.
 * Like prometheus_client, it writes `e+010` for eleven digits before the point: a quirk that readers have to bear.
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = pythonRepr(value);
  const dot = text.indexOf(".");
  if (value <= 0 || dot <= 6 || text.includes("e")) return text;
  const mantissa = `${text[0]}.${text.slice(1, dot)}${text.slice(dot + 1)}`.replace(/[0.]+$/, "");
  return `${mantissa}e+0${dot - 1}`;
}

/** Python's shortest text that reads back as the same double: exponents below 1e-4 and from 1e16 on. */
function pythonRepr(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
    const digits = exponent.slice(1).padStart(2, "0");
    return `${mantissa}e${exponent[0]}${digits}`;
  }
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
