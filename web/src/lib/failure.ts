// What went wrong, in words that a page can show.
import { Refusal } from "./api";
import { t } from "./i18n.svelte";

/** What the server says, or that it can't be reached. */
export const failure = (e: unknown): string => (e instanceof Refusal ? e.message : t("app.away"));

/** A function that does something and hands on what went wrong; it first takes back what was said before. */
export function trying(tell: (words: string) => void): (work: () => Promise<void>) => Promise<void> {
  return async (work) => {
    tell("");
    try {
      await work();
    } catch (e) {
      tell(failure(e));
    }
  };
}
