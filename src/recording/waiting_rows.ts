/**
 * Rows that wait for their transaction.
 *
 * @module
 */
import type { LabEvent, RequestRecord, SeriesDefinition, TargetFacts } from "../series/types.ts";
import type { Statements } from "./statements.ts";

/** What came since the last transaction that ended well. */
export class WaitingRows {
  readonly targets: { readonly id: number; readonly name: string }[] = [];
  readonly series: { readonly id: number; readonly target: number; readonly definition: SeriesDefinition }[] =
    [];
  readonly events: LabEvent[] = [];
  readonly requests: RequestRecord[] = [];
  /** By the target's id in the file. */
  readonly facts = new Map<number, TargetFacts>();

  /** Adds all to the file, within a transaction. */
  insert(statements: Statements): void {
    for (const { id, name } of this.targets) statements.target(id, name, undefined);
    for (const { id, target, definition } of this.series) statements.series(id, target, definition);
    for (const [id, facts] of this.facts) statements.target(id, facts.target, facts);
    for (const event of this.events) statements.event(event);
    for (const request of this.requests) statements.request(request);
  }

  /** Forgets all: the transaction has ended well. */
  clear(): void {
    for (const list of [this.targets, this.series, this.events, this.requests]) list.length = 0;
    // A map that is cleared gets a table anew, which its old one points to: dozens a second would outlive their time.
    if (this.facts.size > 0) this.facts.clear();
  }

  /** Forgets the oldest events and requests beyond a number of each. */
  dropBeyond(count: number): void {
    for (const list of [this.events, this.requests]) list.splice(0, Math.max(0, list.length - count));
  }
}
