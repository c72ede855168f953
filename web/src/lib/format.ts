// Numbers as people of each language read them: billions and millions in English, 亿 and 万 in Chinese.
import { locale } from "./i18n.svelte";

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

/** Billions of yuan a year. */
export function money(bn: number | null | undefined, sign = false, digits = 3): string {
  if (bn == null || !Number.isFinite(bn)) return "–";
  const size = Math.abs(bn) < 1e-6 ? 0 : Math.abs(bn);
  if (locale.lang === "zh") {
    if (size >= 1000) return number(bn / 1000, digits, sign) + "万亿元";
    return size >= 0.1 || size === 0 ? number(bn * 10, digits, sign) + "亿元" : number(bn * 1e5, 2, sign) + "万元";
  }
  if (size >= 1000) return number(bn / 1000, digits, sign) + " tn CNY";
  return size >= 0.1 || size === 0 ? number(bn, digits, sign) + " bn CNY" : number(bn * 1000, 2, sign) + " m CNY";
}

/** Persons. */
export function people(n: number | null | undefined, sign = false, digits = 3): string {
  if (n == null || !Number.isFinite(n)) return "–";
  const size = Math.abs(n);
  if (locale.lang === "zh") {
    if (size >= 1e8) return number(n / 1e8, digits, sign) + "亿人";
    return size >= 1e4 ? number(n / 1e4, digits, sign) + "万人" : number(Number(n.toPrecision(digits)), 12, sign) + "人";
  }
  if (size >= 1e6) return number(n / 1e6, digits, sign) + " m";
  return number(Number(n.toPrecision(digits)), 12, sign);
}

/** A value in its unit; `unit` is one of those below or words that follow the number. */
export function value(x: number | null | undefined, unit: string, sign = false, digits = 3): string {
  if (x == null || !Number.isFinite(x)) return "–";
  switch (unit) {
    case "percent":
      return number(x, digits, sign) + "%";
    case "points":
      return number(x, digits, sign) + (locale.lang === "zh" ? "个百分点" : " pts");
    case "bn_cny":
      return money(x, sign, digits);
    case "persons":
      return people(x, sign, digits);
    case "mt":
      if (locale.lang !== "zh") return number(x, digits, sign) + " Mt";
      return Math.abs(x) >= 100 ? number(x / 100, digits, sign) + "亿吨" : number(x * 100, digits, sign) + "万吨";
    case "cny":
      return locale.lang === "zh" ? (Math.abs(x) >= 1e4 ? number(x / 1e4, digits, sign) + "万元" : number(x, 4, sign) + "元") : number(x, 4, sign) + " CNY";
    case "number":
    case "index":
    case "ratio":
      return number(x, digits, sign);
    default:
      return number(x, digits, sign) + (unit ? " " + unit : "");
  }
}

/** How far off a preview may be; what is below what is shown is said to be so. */
export function margin(x: number | null | undefined, unit: string): string {
  if (x == null || !Number.isFinite(x)) return "";
  const least = unit === "persons" ? 1 : 0.001;
  return `± ${x < least ? `< ${value(least, unit)}` : value(x, unit, false, 2)}`;
}
