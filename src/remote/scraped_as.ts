/**
 * What whoever reads a target says of it: the labels of its `up`, of which none is the target's own. On Kubernetes that is the pod,
 * its namespace, its container; an address there tells nobody which server it is.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { RemoteTarget } from "./discovery.ts";

/** Labels that are told elsewhere. */
const TOLD = new Set(["job", "instance", "exported_instance"]);

/** What is said of a target besides its job and address; several values where it changed, `a, b`. */
export function scrapedAs({ definitions, labels, collector }: RemoteTarget): Record<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { name, labels: own } of definitions) {
    if (name !== "up") continue;
    for (const [label, value] of Object.entries(own)) {
      if (TOLD.has(label) || labels[label] !== undefined || collector[label] !== undefined) continue;
      found.set(label, (found.get(label) ?? new Set()).add(value));
    }
  }
  return Object.fromEntries(
    [...found].sort(([a], [b]) => a < b ? -1 : 1).map((
      [label, values],
    ) => [label, [...values].sort().join(", ")]),
  );
}

/** Targets under the names of their pods, where each of these is of one target alone. */
export function namedByPod(targets: readonly RemoteTarget[]): RemoteTarget[] {
  const pods = targets.map((target) => podOf(target));
  const taken = new Set(targets.map(({ id }) => id));
  return targets.map((target, i) => {
    const pod = pods[i];
    const isItsOwn = pod !== undefined && !taken.has(pod) &&
      pods.filter((other) => other === pod).length === 1;
    return isItsOwn ? { ...target, id: pod } : target;
  }).sort((a, b) => a.id < b.id ? -1 : 1);
}

function podOf({ definitions }: RemoteTarget): string | undefined {
  const pods = new Set(
    definitions.flatMap(({ name, labels }: { name: string; labels: Labels }) =>
      name === "up" && labels.pod !== undefined && labels.pod !== "" ? [labels.pod] : []
    ),
  );
  const [pod] = pods;
  return pods.size === 1 ? pod : undefined;
}
