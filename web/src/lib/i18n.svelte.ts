// Words of the page in two languages, switched live. `t` looks up the page's own words, `say` picks from what the server
// sends in both. Numbers are in format.ts.
import en from "../strings/en.json";
import zh from "../strings/zh.json";

export type Lang = "en" | "zh";
export type Key = keyof typeof en;
export type Text = { en: string; zh: string };

const words: Record<Lang, Record<string, string>> = { en, zh };

function first(): Lang {
  const kept = localStorage.getItem("citybelt.lang");
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const locale = $state<{ lang: Lang }>({ lang: first() });

export function speak(lang: Lang): void {
  locale.lang = lang;
  localStorage.setItem("citybelt.lang", lang);
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
}

/** The page's word for `key`, with `{name}` replaced by the value of that name. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = words[locale.lang][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The values with which either language's word for `key` reads as this text; null if none does. */
export function told(key: Key, text: string): Record<string, string> | null {
  for (const table of Object.values(words)) {
    const pattern = (table[key] ?? "").replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+)");
    const found = new RegExp(`^${pattern}$`).exec(text);
    if (found) return { ...found.groups };
  }
  return null;
}

/** The word for a key put together from data, or `otherwise` where the page has none. */
export function lookup(key: string, otherwise: string): string {
  return words[locale.lang][key] ?? otherwise;
}

/** A text of the server in the language of the page. */
export function say(text: Text | string | null | undefined): string {
  if (text == null) return "";
  if (typeof text === "string") return text;
  return text[locale.lang] || text.en || "";
}

/** A title without what follows its colon. */
export function brief(text: Text | null | undefined): string {
  return say(text).split(/[:：]/)[0]?.trim() ?? "";
}

/** The name of a place as it stands on a map: 大连 rather than 大连市. */
export function placeName(text: Text | null | undefined): string {
  const name = say(text);
  return locale.lang === "zh" && name.length > 2 ? name.replace(/(?:市|省|地区|特别行政区|(?:维吾尔|壮族|回族)?自治区|(?:朝鲜族)?自治州)$/, "") : name;
}
