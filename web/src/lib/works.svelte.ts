// The long pieces of work that a page may leave and come back to.
import { Work } from "./job.svelte";
import type { Text } from "./i18n.svelte";
import type { Change } from "./types";

export interface StressResult {
  securities: { id: string; name: Text; now: number; then: number | null; change: number | null }[];
  [table: string]: unknown;
}

export interface PathResult {
  years: number[];
  names: Record<string, Text>;
  series: Record<"cluster" | "nation", Record<string, (number | null)[]>>;
  without: Record<"cluster" | "nation", Record<string, (number | null)[]>>;
  regional: Record<string, Record<string, (number | null)[]>>;
  /** Per cent against the years without levers. */
  regional_change: Record<string, Record<string, (number | null)[]>>;
  [table: string]: unknown;
}

export interface PlanResult {
  change: Change;
  levers: Record<string, unknown>[];
  [table: string]: unknown;
}

export interface ExplainResult {
  channels: { id: string; group: string; name: Text; group_name: Text; welfare: number; welfare_nation: number; ev: number; ev_nation: number }[];
  elasticities?: Record<string, unknown>[];
  data?: Record<string, unknown>[];
  [table: string]: unknown;
}

export const plan = new Work<PlanResult>();
export const stress = new Work<StressResult>();
export const path = new Work<PathResult>();
export const explain = new Work<ExplainResult>();
export const hindcast = new Work<Record<string, unknown>>();
