/**
 * What to read of a store for a selection that has several names.
 *
 * @module
 */
import { type LifeRequest, type LivingSelection, livingSelections } from "./lives.ts";
import type { Selection } from "./selection.ts";
import { livesIn, type SeriesStore, type StoreRequest } from "./store.ts";

/** As {@link livingSelections}, with the lives that a store knows. */
export function livingIn(store: SeriesStore, selection: Selection, request: LifeRequest): LivingSelection[] {
  return livingSelections(selection, (one) => livesIn(store, lifeRequestOf(one)), request);
}

/** Whatever was asked for: a condition on labels does not tell whether the name was there. */
function lifeRequestOf({ samplerId, names, lifeName }: Selection): StoreRequest {
  return {
    names: lifeName === undefined ? names : [lifeName],
    ...(samplerId === undefined ? {} : { samplerId }),
  };
}
