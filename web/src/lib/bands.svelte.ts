// Bands of a change, asked for once and kept for as long as the page is open.
import { askedOf } from "./change";
import { Work } from "./job.svelte";
import type { Change } from "./types";

interface Result {
  band: Record<string, [number, number]>;
  totals: { of: string; co2: number; co2_change: number }[];
}

/** Names of the bands of a run, by outcome of the workbench. */
const NAMES: Record<string, string> = { welfare: "welfare_change", ev: "ev", people: "people", output: "output", co2_change: "co2" };

class Bands {
  readonly work = new Work<Result>();

  /** The band of an outcome of the cluster or the nation, if it was computed for this very change. */
  of(change: Change, outcome: string, of: string): { low: number; high: number } | null {
    const { result, job } = this.work;
    if (!result || !askedOf(job?.asked, change)) return null;
    const found = result.band[(NAMES[outcome] ?? outcome) + (of === "nation" ? "_nation" : "")];
    if (!found) return null;
    // emissions come as levels
    const row = result.totals.find((r) => r.of === of);
    const base = outcome === "co2_change" && row ? row.co2 - row.co2_change : 0;
    return { low: found[0] - base, high: found[1] - base };
  }
}

export const bands = new Bands();
