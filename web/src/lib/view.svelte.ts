// What is chosen on the map of the workbench. It outlives a visit to another page.
class View {
  outcome = $state("welfare");
  level = $state(false);
  frame = $state<"cluster" | "nation">("cluster");
  layer = $state<"none" | "people" | "goods" | "network">("none");
  selected = $state<string | null>(null);
  swipe = $state(false);
  /** Where the swipe stands, as a share of the width. */
  at = $state(0.5);
  year = $state<number | null>(null);
}

export const view = new View();
