// What the server says, as in its OpenAPI schema (docs/workbench.md).
import type { Text } from "./i18n.svelte";

export interface Change {
  levers: Record<string, number>;
  closure: Record<string, string>;
  elasticities: Record<string, number>;
  vintage: string;
}

export interface Region {
  id: string;
  name: Text;
  province: string;
  cluster: string;
  in_cluster: boolean;
  home: boolean;
  x: number | null;
  y: number | null;
}

export interface Outcome {
  id: string;
  name: Text;
  about: Text;
  unit: string;
  unit_name?: Text;
  good: number;
  digits: number;
  level: { base: string; how: "percent" | "add" } | null;
}

export interface Evidence {
  parameter: Text;
  design: string;
  low: number;
  central: number;
  high: number;
  unit: Text;
  citation: string;
  note: string;
  verified: string;
}

export interface Lever {
  id: string;
  theme: string;
  kind: string;
  name: Text;
  about: Text;
  unit: Text;
  lower: number;
  upper: number;
  step: number;
  cost_at_upper: number;
  payers: Record<string, number>;
  regions: string[];
  lag_years: number;
  conditional: boolean;
  reason: Text | null;
  caveat: Text | null;
  cap: Text | null;
  propositions: string[];
  evidence: Evidence | null;
  costs: { item: Text; low: number; central: number; high: number; unit: Text; source: string; note: string }[];
  curve: { exponent: number; scale: number; charge: number; charge_scale: number; unit_cost: number };
}

export interface Elasticity {
  id: string;
  name: Text;
  value: number;
  low: number;
  high: number;
  step: number;
  kind: string;
  source: string;
  note: string;
}

export interface World {
  name: string;
  title: Text;
  base_year: number;
  vintage: string;
  cluster: string;
  home: string[];
  regions: Region[];
  provinces: { id: string; name: Text; in_cluster: boolean }[];
  sectors: { id: string; name: Text; goods: boolean; tier: string }[];
  outcomes: { regional: Outcome[]; totals: Outcome[] };
  base: {
    regional: Record<string, (number | null)[]>;
    totals: Record<string, Record<string, number | null>>;
    units: Record<string, string>;
    names: Record<string, Text>;
    grades: Record<string, string>;
  };
  themes: { id: string; name: Text; levers: string[] }[];
  levers: Lever[];
  assumptions: {
    closure: { id: string; name: Text; about: Text; words: { id: string; name: Text; default?: boolean }[] }[];
    elasticities: Elasticity[];
    vintages: string[];
  };
  library: { id: string; name: Text; about: Text; change: Partial<Change>; propositions: string[] }[];
  plans: { id: string; name: Text; about: Text }[];
  payers: { id: string; name: Text }[];
  securities: { id: string; name: Text }[];
  words: Record<string, Record<string, Text>>;
}

export interface MapDrawing {
  projection: Text;
  frames: Record<"cluster" | "nation" | "inset", [number, number, number, number]>;
  unit_km: number;
  width?: number;
  height?: number;
  regions: { id: string; d: string; x: number; y: number }[];
  provinces: { id: string; d: string }[];
  lines: { id: string; kind: string; d: string }[];
  land: { id: string; name: Text; d: string }[];
  labels: { name: Text; x: number; y: number; kind: string }[];
  note: Text;
}

export interface NetworkDrawing {
  nodes: { id: string; kind: string; name: Text; x: number; y: number }[];
  edges: {
    id: string; a: string; b: string; mode: string; line: string; km: number; hours: number; open: boolean; lever: string | null;
  }[];
}

export interface Pair {
  base: number;
  now: number;
}

export interface Warning {
  id: string;
  severity: "notice" | "warning";
  text: Text;
  levers: string[];
  fix: { text: Text; change: Partial<Change> } | null;
}

export interface Answer {
  kind: "exact" | "preview";
  key: string;
  change: Change;
  passes?: number;
  residual?: number;
  ms?: number;
  regional: Record<string, (number | null)[]>;
  totals: Record<string, Record<string, number | null>>;
  error?: { regional: Record<string, number[]>; totals: Record<string, Record<string, number>> };
  sectors?: Record<string, (number | null)[]>;
  ages?: Record<string, Record<string, Pair>>;
  gap?: Record<string, Pair>;
  payers?: { payer: string; cluster: number; elsewhere: number }[];
  budget?: { spent: number; gdp: number; share: number; levers: Record<string, number> };
  government?: { id: string; name: Text; cluster: Pair; nation: Pair }[];
  warnings?: Warning[];
  code?: Code;
}

export interface Code {
  python?: string;
  shell?: string;
  yaml?: string;
}

export interface Saved {
  id: string;
  name: string;
  note: string;
  change: Change;
  parent: { kind: string; id: string } | null;
  created: string;
  changed: string;
  rev: number;
  answer?: { key: string; totals: Answer["totals"] } | null;
}

export interface Job {
  id: string;
  kind: string;
  asked: Record<string, unknown>;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  done: number;
  total: number;
  position: number;
  created: string;
  seconds: number;
  errors: Problem[];
  detail: Record<string, unknown> | null;
  files?: { name: string; path: string }[];
  code?: Code;
}

export interface Security {
  id: string;
  name: Text;
  now: number;
  then: number | null;
  change: number | null;
  worst?: Text;
}

export interface Problem {
  where: string;
  what: string;
  do: string;
}

export interface WhyAnswer {
  outcome: string;
  of: string;
  value: number;
  unit: string;
  name: Text;
  about: Text;
  equation: { text: string; where: string };
  levers: { id: string; name: Text; share: number; alone: number; interplay: number }[];
  sources: SourceRow[];
  evidence: (Evidence & { id: string; levers: Text[] })[];
}

export interface SourceRow {
  variable: string;
  name: Text;
  grade: string;
  source: string;
  cited?: { id: string; citation: string; url: string }[];
  region: string;
  place: Text | null;
  item: string;
  item_name: Text | null;
  value: number | null;
  unit: string;
  unit_name: Text;
  year: number | null;
}

export interface Table {
  columns: { id: string; name: Text; unit: string; kind: "text" | "number" }[];
  rows: (string | number | boolean | null | Text)[][];
}

export interface PageData {
  title: Text;
  sections: { id: string; title: Text; text: Text | null; table: Table | null; note: Text | null }[];
  code?: Code;
}
