// Which number is being asked about; the panel that answers is panels/Why.svelte.
export const why = $state<{ outcome: string | null; of: string }>({ outcome: null, of: "cluster" });

export function ask(outcome: string, of: string): void {
  why.outcome = outcome;
  why.of = of;
}
