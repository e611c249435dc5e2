/**
 * Which engines a server has, by the labels of its series.
 *
 * @module
 */
import { MEASURE_NAMES, type MeasureDefinition, measureDefinition, type MeasureName } from "./measures.ts";

/** Measures of one window. */
export type MeasureValues = Readonly<Partial<Record<MeasureName, number>>>;

/** Measures of all windows, in the order of the windows. */
export type EngineValues = Partial<Record<MeasureName, number>>[];

/** Labels `engine` and `model_name`, "" where there is none. */
export interface EngineKey {
  readonly engine: string;
  readonly model: string;
}

/** What was measured under one key. */
export interface KeyedValues {
  readonly key: EngineKey;
  readonly values: EngineValues;
}

/**
 * One scope for each engine, with what it is called: its label, or its model where several are served. Engines are those
 * that say how many requests run; what has other labels (an adapter's name, none) belongs to the only engine that it can
 * belong to, else it makes a scope of its own.
 */
export function scopesOf(found: readonly KeyedValues[]): (KeyedValues & { readonly named: string })[] {
  const engines = found.filter(saysRunning);
  const models = new Set(engines.map(({ key }) => key.model));
  const labels = new Set(engines.map(({ key }) => key.engine));
  const scopes = engines.map((one) => {
    const { engine, model } = one.key;
    return { ...one, named: models.size < 2 ? engine : labels.size < 2 ? model : `${model} ${engine}` };
  });
  for (const other of found.filter((one) => !saysRunning(one))) {
    const candidates = scopes.filter((one) =>
      saysRunning(one) && (other.key.engine === "" || one.key.engine === other.key.engine)
    );
    const [owner] = candidates;
    const alike = scopes.find((one) => !saysRunning(one) && one.named === other.key.engine);
    if (alike !== undefined) {
      scopes[scopes.indexOf(alike)] = { ...alike, values: addColumns(alike.values, other.values) };
    } else if (owner === undefined || candidates.length > 1) {
      scopes.push({ ...other, named: other.key.engine });
    } else scopes[scopes.indexOf(owner)] = { ...owner, values: addColumns(owner.values, other.values) };
  }
  return scopes;
}

function saysRunning({ values }: KeyedValues): boolean {
  return values.some((measures) => measures.runningMean !== undefined);
}

function addColumns(first: EngineValues, second: EngineValues): EngineValues {
  return first.map((measures, index) => addValues([measures, second[index]!]));
}

/** Measures of several engines in one window, each combined as its definition says. */
export function addValues(parts: readonly MeasureValues[]): Partial<Record<MeasureName, number>> {
  const values: Partial<Record<MeasureName, number>> = {};
  for (const name of MEASURE_NAMES) {
    const own = parts.map((part) => part[name]).filter((value) => value !== undefined);
    if (own.length > 0) values[name] = combineValues(own, measureDefinition(name).combine);
  }
  return values;
}

function combineValues(values: readonly number[], how: MeasureDefinition["combine"]): number {
  if (how === "max") return Math.max(...values);
  if (how === "min") return Math.min(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return how === "sum" ? sum : sum / values.length;
}
