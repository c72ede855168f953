// The pages, each of one file. A new one adds its line here and its title to the strings.
import type { Component } from "svelte";
import type { Key } from "../lib/i18n.svelte";
import Classroom from "./Classroom.svelte";
import Coverage from "./Coverage.svelte";
import Data from "./Data.svelte";
import Diagnosis from "./Diagnosis.svelte";
import Hindcast from "./Hindcast.svelte";
import Ledger from "./Ledger.svelte";
import Plan from "./Plan.svelte";
import Scenarios from "./Scenarios.svelte";
import Shared from "./Shared.svelte";
import Stress from "./Stress.svelte";
import Workbench from "./Workbench.svelte";
import Years from "./Years.svelte";

export interface Page {
  id: string;
  title: Key;
  component: Component;
  /** In the bar, under "more", or reached by a link only. */
  place: "bar" | "more" | "link";
}

export const pages: Page[] = [
  { id: "workbench", title: "page.workbench", component: Workbench, place: "bar" },
  { id: "scenarios", title: "page.scenarios", component: Scenarios, place: "bar" },
  { id: "plan", title: "page.plan", component: Plan, place: "bar" },
  { id: "years", title: "page.years", component: Years, place: "bar" },
  { id: "stress", title: "page.stress", component: Stress, place: "bar" },
  { id: "diagnosis", title: "page.diagnosis", component: Diagnosis, place: "bar" },
  { id: "ledger", title: "page.ledger", component: Ledger, place: "more" },
  { id: "hindcast", title: "page.hindcast", component: Hindcast, place: "more" },
  { id: "data", title: "page.data", component: Data, place: "more" },
  { id: "coverage", title: "page.coverage", component: Coverage, place: "more" },
  { id: "classroom", title: "page.classroom", component: Classroom, place: "more" },
  { id: "shared", title: "page.shared", component: Shared, place: "link" },
];
