/**
 * Error answers as vLLM gives them.
 *
 * @module
 */

/** A request that is refused: becomes `{"error":{…}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /**
   * @param status the HTTP status, repeated in the body as `code`
   * @param type vLLM's word for the kind
   * @param param the field that is wrong
   */
  constructor(
    readonly status: number,
    message: string,
    readonly type: string,
    readonly param: string | null = null,
  ) {
    super(message);
  }

  /** The answer's body; `flat` is the form of versions before 0.10. */
  body(flat: boolean): string {
    const { message, type, param, status } = this;
    if (flat) return JSON.stringify({ object: "error", message, type, param, code: status });
    return JSON.stringify({ error: { message, type, param, code: status } });
  }
}

/** 400 for a value that makes no sense, where vLLM names the field. */
export function badRequest(message: string, param: string, value?: string): ApiError {
  const parameter = value === undefined ? `parameter=${param}` : `parameter=${param}, value=${value}`;
  return new ApiError(400, `${message} (${parameter})`, "BadRequestError", param);
}

/** 400 for a value that makes no sense, where vLLM does not name the field. */
export function badValue(message: string): ApiError {
  return new ApiError(400, message, "BadRequestError");
}
