// Numbers as people of each language read them: billions and millions in English, 亿 and 万 in Chinese.
import { locale, say, type Text } from "./i18n.svelte";

const MINUS = "−";

function plain(x: number, digits: number): string {
  const size = Math.abs(x);
  const after = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size) + 1e-12));
  return size.toLocaleString("en-US", { maximumFractionDigits: Math.min(after, 6) });
}

/** A number with so many leading digits; `sign` puts a plus before gains. */
export function number(x: number | null | undefined, digits = 3, sign = false): string {
  if (x == null || !Number.isFinite(x)) return "–";
  const text = plain(x, digits);
  if (Number(text.replaceAll(",", "")) === 0) return "0";
  return (x < 0 ? MINUS : sign ? "+" : "") + text;
}

/** A number with a fixed count of decimals, for columns and axes. */
export function fixed(x: number | null | undefined, decimals: number, sign = false): string {
  if (x == null || !Number.isFinite(x)) return "–";
  const text = Math.abs(x).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const zero = Number(text.replaceAll(",", "")) === 0;
  return (zero ? "" : x < 0 ? MINUS : sign ? "+" : "") + text;
}

type Step = readonly [from: number, times: number, word: string];
/** How large numbers of a unit are written: from which size on, times what, with which word behind. */
const STEPS: Record<string, { en: Step[]; zh: Step[] }> = {
  bn_cny: {
    en: [[1e3, 1e-3, " tn CNY"], [0.1, 1, " bn CNY"], [0, 1e3, " m CNY"]],
    zh: [[1e3, 1e-3, "万亿元"], [0.1, 10, "亿元"], [0, 1e5, "万元"]],
  },
  persons: { en: [[1e6, 1e-6, " m"], [0, 1, ""]], zh: [[1e8, 1e-8, "亿人"], [1e4, 1e-4, "万人"], [0, 1, "人"]] },
  mt: { en: [[0, 1, " Mt"]], zh: [[100, 0.01, "亿吨"], [0, 100, "万吨"]] },
  cny: { en: [[0, 1, " CNY"]], zh: [[1e4, 1e-4, "万元"], [0, 1, "元"]] },
  percent: { en: [[0, 1, "%"]], zh: [[0, 1, "%"]] },
  points: { en: [[0, 1, " pts"]], zh: [[0, 1, "个百分点"]] },
  number: { en: [[0, 1, ""]], zh: [[0, 1, ""]] },
};
for (const same of ["index", "ratio"]) STEPS[same] = STEPS.number as { en: Step[]; zh: Step[] };

function stepOf(size: number, unit: string): Step {
  const steps = STEPS[unit]?.[locale.lang] ?? [[0, 1, unit ? ` ${unit}` : ""] as const];
  // nothing at all is written in the unit that most numbers have
  return steps.find(([from]) => (unit === "bn_cny" && size < 1e-6 ? from <= 0.1 : size >= from)) ?? [0, 1, ""];
}

/** Billions of yuan a year. */
export const money = (bn: number | null | undefined, sign = false, digits = 3): string => value(bn, "bn_cny", sign, digits);

/** Persons. */
export const people = (n: number | null | undefined, sign = false, digits = 3): string => value(n, "persons", sign, digits);

/** A value in its unit; `unit` is one of those above or words that follow the number. */
export function value(x: number | null | undefined, unit: string, sign = false, digits = 3): string {
  if (x == null || !Number.isFinite(x)) return "–";
  const [, times, word] = stepOf(Math.abs(x), unit);
  if (unit === "persons" && times === 1) return number(Number(x.toPrecision(digits)), 12, sign) + word;
  if (unit === "bn_cny" && times >= 1e3) return number(x * times, Math.min(digits, 2), sign) + word;
  return number(x * times, unit === "cny" ? Math.max(digits, 4) : digits, sign) + word;
}

/** One unit for all numbers of an axis or a legend, that of the largest: its word, and how a number is written in it. */
export function together(values: number[], unit: string, sign = false, digits = 3): { unit: string; write: (x: number) => string } {
  const [, times, word] = stepOf(Math.max(0, ...values.map(Math.abs).filter(Number.isFinite)), unit);
  const million = unit === "persons" && locale.lang === "en" && times === 1e-6;
  return { unit: million ? "million" : word.trim(), write: (x) => number(x * times, digits, sign) };
}

/** Units of levers that Chinese counts in other steps: what to look for, how often it goes into one, what it is called. */
const LOCAL: [RegExp, number, string][] = [[/^十亿元/, 10, "亿元"], [/^千人/, 0.1, "万人"], [/^千个/, 0.1, "万个"], [/（百万）/, 100, "（万人）"]];

/** The unit of a lever as the page's language has it, and by what its values are multiplied. */
export function unitOf(unit: Text | null | undefined): { times: number; word: string } {
  const word = say(unit);
  const [found, times, name] = (locale.lang === "zh" ? LOCAL : []).find(([what]) => what.test(word)) ?? [null, 1, ""];
  return { times, word: found ? word.replace(found, name) : word };
}

/** A value of a lever in its unit. */
export function amount(v: number | null | undefined, unit: Text | null | undefined): string {
  const { times, word } = unitOf(unit);
  return v == null ? "–" : `${number(v * times, 4)}${/^(%|亿元|元|万人|万个|公顷)/.test(word) ? "" : " "}${word}`;
}

/** How far off a preview may be; what is below what is shown is said to be so. */
export function margin(x: number | null | undefined, unit: string): string {
  if (x == null || !Number.isFinite(x)) return "";
  const least = unit === "persons" ? 1 : 0.001;
  return `± ${x < least ? `< ${value(least, unit)}` : value(x, unit, false, 2)}`;
}
