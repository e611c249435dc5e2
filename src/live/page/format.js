// @ts-check
// Numbers for people, in the browser: the same texts as src/base/format.ts and src/charts/units.ts, checked by a test.

/** @param {number} value */
export function formatNumber(value) {
  if (Number.isNaN(value)) return "n/a";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1e15) return shortExponent(value);
  return String(Number(size >= 100 ? value.toFixed(0) : value.toPrecision(3)));
}

/** @param {number} value */
function shortExponent(value) {
  const [mantissa, exponent] = value.toExponential(2).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`;
}

/**
 * @param {number} value
 * @param {number} base
 * @param {string[]} prefixes
 */
function scaled(value, base, prefixes) {
  if (!Number.isFinite(value)) return formatNumber(value);
  let rest = value;
  let index = 0;
  while (Math.abs(rest) >= 999.5 && index < prefixes.length - 1) {
    rest /= base;
    index++;
  }
  return formatNumber(rest) + prefixes[index];
}

/** @param {number} value */
export function formatCount(value) {
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

/**
 * @param {number} value
 * @param {string} unit
 */
function withPrefix(value, unit) {
  const text = scaled(value, 1000, ["", "k", "M", "G", "T", "P"]);
  const match = /^(.*?)([kMGTP]?)$/.exec(text);
  return match ? `${match[1]} ${match[2]}${unit}` : text;
}

/** @param {number} value */
function formatRatio(value) {
  const percent = value * 100;
  if (!Number.isFinite(percent)) return formatNumber(percent);
  const size = Math.abs(percent);
  if (size > 0 && size < 0.01) return percent > 0 ? "<0.01%" : ">-0.01%";
  if (size >= 1e6) return `${shortExponent(percent)}%`;
  if (percent >= 99.95 && percent < 100 - 1e-7) return nearlyAll(percent);
  return `${Number(percent.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2))}%`;
}

/** @param {number} percent */
function nearlyAll(percent) {
  for (let decimals = 2; decimals <= 4; decimals++) {
    const rounded = Number(percent.toFixed(decimals));
    if (rounded < 100) return `${rounded}%`;
  }
  return ">99.9999%";
}

/** @param {number} value */
function formatSeconds(value) {
  if (!Number.isFinite(value)) return formatNumber(value);
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size >= 119.5) return (value < 0 ? "-" : "") + longDuration(Math.round(size));
  if (size >= 0.9995) return `${formatNumber(value)} s`;
  if (size >= 0.9995e-3) return `${formatNumber(value * 1e3)} ms`;
  if (size >= 0.9995e-6) return `${formatNumber(value * 1e6)} µs`;
  return `${formatNumber(value * 1e9)} ns`;
}

/** @param {number} seconds */
function longDuration(seconds) {
  if (seconds >= 100 * 86400) return `${formatCount(seconds / 86400)} d`;
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}h${two(minutes)}m` : `${minutes}m${two(seconds % 60)}s`;
}

/**
 * A value with its unit; null, undefined and NaN are "n/a".
 *
 * @param {number | null | undefined} value
 * @param {string} unit a base unit of the lab, or `tokens_per_second`, `requests_per_second`, `per_second`
 * @param {{ tokens: string, requests: string, events: string }} perSecond words for rates
 * @returns {string}
 */
export function formatDisplay(value, unit, perSecond) {
  if (value === null || value === undefined || Number.isNaN(value)) return "n/a";
  switch (unit) {
    case "tokens_per_second":
      return `${formatCount(value)} ${perSecond.tokens}`;
    case "requests_per_second":
      return `${formatCount(value)} ${perSecond.requests}`;
    case "per_second":
      return `${formatCount(value)} ${perSecond.events}`;
    case "seconds":
      return formatSeconds(value);
    case "bytes":
      return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
    case "ratio":
      return formatRatio(value);
    case "celsius":
      return `${formatNumber(value)} °C`;
    case "hertz":
      return withPrefix(value, "Hz");
    case "watts":
      return withPrefix(value, "W");
    case "joules":
      return withPrefix(value, "J");
    case "flops":
      return withPrefix(value, "FLOP");
    case "tokens":
      return withPrefix(value, "tok");
    default:
      return formatCount(value);
  }
}

/**
 * A tick of a value axis: rates and tokens without their word, which the heading has.
 *
 * @param {number} value
 * @param {string} unit
 * @param {{ tokens: string, requests: string, events: string }} perSecond
 * @returns {string}
 */
export function formatTick(value, unit, perSecond) {
  if (unit === "seconds" && value === 0) return "0";
  if (unit.endsWith("per_second") || unit === "tokens") return formatCount(value);
  if (unit === "ratio" && Math.abs(value) < 1e-4 && value !== 0) return `${formatNumber(value * 100)}%`;
  return formatDisplay(value, unit, perSecond);
}
