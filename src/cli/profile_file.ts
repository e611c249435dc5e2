/**
 * A profile of the simulated server from a file, as `deno task fit --out FILE` writes it.
 *
 * @module
 */
import { type Profile, profileNamed } from "../simulator/engine/profiles.ts";
import { CliError } from "./terminal.ts";

/** The profile in a file, for a value that names one: a path, or something `.json`; else the name as it is. */
export async function profileOf(value: string): Promise<string | Profile> {
  if (!/[/\\]|\.json$/.test(value)) return value;
  let text: string;
  try {
    text = await Deno.readTextFile(value);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new CliError(`Cannot use profile ${JSON.stringify(value)}: there is no such file`);
    }
    throw error;
  }
  const profile = parsed(text);
  if (!isProfile(profile)) {
    throw new CliError(
      `Cannot use profile ${JSON.stringify(value)}: wanted a file that \`deno task fit --out FILE\` wrote`,
    );
  }
  return profile;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Everything that a profile with the same kind of step times has, of the same types. */
function isProfile(value: unknown): value is Profile {
  const [linear, roofline] = [profileNamed("tiny-llama-cpu"), profileNamed()];
  return [linear, roofline].some(({ name, model, stepTime, jitter, limits }) =>
    isAlike(value, { name, model, stepTime, jitter, limits }) &&
    (value as Profile).stepTime.kind === stepTime.kind
  );
}

function isAlike(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) {
    return typeof value === typeof wanted && (typeof value !== "number" || value >= 0);
  }
  return typeof value === "object" && value !== null &&
    Object.entries(wanted).every(([key, each]) => isAlike(Reflect.get(value, key), each));
}
