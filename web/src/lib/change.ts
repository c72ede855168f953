// Changes as data: what a draft asks for, without what is zero or as by default.
import type { Change, World } from "./types";

export const EMPTY: Change = { levers: {}, closure: {}, elasticities: {}, vintage: "" };

/** A change with every part, nothing that is zero, and nothing that is the default. */
export function tidy(change: Partial<Change> | null | undefined, world?: World): Change {
  const levers = Object.fromEntries(Object.entries(change?.levers ?? {}).filter(([, v]) => v != null && v !== 0));
  const closure = Object.fromEntries(
    Object.entries(change?.closure ?? {}).filter(
      ([k, v]) => !world?.assumptions.closure.find((c) => c.id === k)?.words.find((w) => w.id === v)?.default,
    ),
  );
  const elasticities = Object.fromEntries(
    Object.entries(change?.elasticities ?? {}).filter(([k, v]) => world?.assumptions.elasticities.find((e) => e.id === k)?.value !== v),
  );
  const vintage = change?.vintage && change.vintage !== world?.vintage ? change.vintage : "";
  return { levers, closure, elasticities, vintage };
}

const sorted = (o: Record<string, unknown>): [string, unknown][] => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));

/** Two changes that say the same have the same text. */
export function textOf(change: Change): string {
  return JSON.stringify([sorted(change.levers), sorted(change.closure), sorted(change.elasticities), change.vintage]);
}

/** Whether a job was asked of this change; a job that says nothing of one was asked of the base year. */
export function askedOf(asked: Record<string, unknown> | undefined, change: Change): boolean {
  return asked !== undefined && textOf(tidy(asked.change as Partial<Change> | undefined)) === textOf(change);
}

export const same = (a: Change, b: Change): boolean => textOf(a) === textOf(b);

export function isEmpty(change: Change): boolean {
  return same(change, EMPTY);
}
