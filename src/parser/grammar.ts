/**
 * Which text is expected: the format, and how strictly.
 *
 * @module
 */

/** The two families of formats. */
export type ExpositionFormat = "prometheus" | "openmetrics";

/** How names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*` are written. */
export type EscapingScheme = "allow-utf-8" | "underscores" | "dots" | "values";

/** What a Content-Type says of a body. */
export interface ContentFormat {
  readonly format: ExpositionFormat;
  /** `0.0.4`, `1.0.0`, `0.0.1`; absent when not stated. */
  readonly version?: string;
  readonly escaping?: EscapingScheme;
}

/** What the tokenizer accepts. */
export interface Grammar {
  readonly openMetrics: boolean;
  readonly strict: boolean;
  /** Names in quotes: `{"a.b"} 1`. Everything but strict 0.0.4. */
  readonly quotedNames: boolean;
}

const ESCAPINGS: readonly EscapingScheme[] = ["allow-utf-8", "underscores", "dots", "values"];

/**
 * The format that a Content-Type header names. `application/openmetrics-text` is OpenMetrics, whatever its version;
 * everything else (`text/plain` of any version, nothing, nonsense) is read as Prometheus text: vLLM answers with
 * 0.0.4, 1.0.0 or no version at all, and a body is never guessed at.
 */
export function formatOfContentType(contentType: string | null | undefined): ContentFormat {
  const [media = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  const format = media.toLowerCase() === "application/openmetrics-text" ? "openmetrics" : "prometheus";
  let version: string | undefined;
  let escaping: EscapingScheme | undefined;
  for (const parameter of parameters) {
    const [key = "", value = ""] = parameter.split("=", 2).map((part) =>
      part.trim().replace(/^"(.*)"$/, "$1")
    );
    if (key.toLowerCase() === "version") version = value;
    else if (key.toLowerCase() === "escaping") {
      escaping = ESCAPINGS.find((scheme) => scheme === value.toLowerCase());
    }
  }
  return {
    format,
    ...(version === undefined ? {} : { version }),
    ...(escaping === undefined ? {} : { escaping }),
  };
}
