// Names that the page or the package gave, in the language of the page, whichever they were given in.
import { bench } from "./bench.svelte";
import { say, t, told } from "./i18n.svelte";

/** The name of a draft or scenario; a planner's own name stays as it is. */
export function titled(name: string | null | undefined): string {
  if (!name) return t("draft.unnamed");
  const own = bench.world?.library.find((l) => l.name.en === name || l.name.zh === name);
  if (own) return say(own.name);
  if (told("plan.name", name)) return t("plan.name");
  const n = told("draft.numbered", name)?.n;
  if (n) return t("draft.numbered", { n });
  const copied = told("draft.copy_of", name)?.name;
  return copied ? t("draft.copy_of", { name: titled(copied) }) : name;
}
