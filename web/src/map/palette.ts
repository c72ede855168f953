// Classes and colours of maps, those of the printed report. Around zero the classes are a ladder of 1, 2 and 5, the same on both
// sides; it is kept until it no longer fits, so that a legend stays put while a lever moves.

export const BELOW = ["#8c4a12", "#b9742a", "#dca65c", "#f3d9b1"]; // strong to weak fall
export const ABOVE = ["#d6e6f3", "#9cc3e2", "#4f8fc4", "#1b5592"]; // weak to strong rise
export const SEQUENTIAL = ["#eef3c7", "#bfe0c0", "#7fc4bd", "#3f97b0", "#25649a", "#14306b"];
export const HOME = "#f1f0ee";
export const NONE = "#fbfbfa";

/** Class limits, lowest first, and a colour for each class; values beyond the ends take the end colours. */
export interface Scale {
  limits: number[];
  colours: string[];
  diverging: boolean;
}

/** What an equilibrium solved to 1e-10 leaves of no change at all, and a little more. */
export const NOTHING = 1e-6;

/** 1, 2, 5 times a power of ten: the step-th such number. */
function rung(step: number): number {
  const power = Math.floor(step / 3);
  const lead = [1, 2, 5][step - 3 * power] ?? 1;
  return Number(`${lead}e${power}`);
}

function rungAbove(x: number): number {
  let step = 3 * Math.floor(Math.log10(x));
  while (rung(step) < x * (1 - 1e-9)) step += 1;
  return step;
}

/** A ladder around zero that holds `size`, or `kept` where that still fits (within one order of magnitude). */
export function diverging(size: number, kept?: Scale | null): Scale {
  if (kept?.diverging) {
    const top = kept.limits[kept.limits.length - 1] ?? 0;
    if (size <= top && (size >= top / 12 || size <= NOTHING)) return kept;
  }
  const top = size > NOTHING ? rungAbove(size) : rungAbove(0.1);
  const steps = [0, 1, 2, 3].map((k) => rung(top - 3 + k));
  return {
    limits: [...steps.map((s) => -s).reverse(), 0, ...steps],
    colours: [...BELOW, ...ABOVE],
    diverging: true,
  };
}

function rounded(x: number): number {
  if (x === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(x))) - 1);
  return Number((Math.round(x / unit) * unit).toPrecision(12));
}

/** Classes of levels: quantiles rounded to two digits. */
export function sequential(values: number[], kept?: Scale | null): Scale {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (kept && !kept.diverging) {
    const [low, high] = [kept.limits[0] ?? 0, kept.limits[kept.limits.length - 1] ?? 0];
    const inside = sorted.filter((v) => v >= low && v <= high).length;
    if (inside === sorted.length) return kept;
  }
  const n = sorted.length;
  if (n === 0) return { limits: [0, 1], colours: [SEQUENTIAL[0] ?? NONE], diverging: false };
  const at = (q: number): number => {
    const k = q * (n - 1);
    const low = Math.floor(k);
    return (sorted[low] ?? 0) + (k - low) * ((sorted[Math.min(low + 1, n - 1)] ?? 0) - (sorted[low] ?? 0));
  };
  const [low, high] = [sorted[0] ?? 0, sorted[n - 1] ?? 1];
  const inner = [...new Set([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6].map((q) => rounded(at(q))))].filter((b) => b > low && b < high);
  const limits = [low, ...inner, high];
  const classes = limits.length - 1;
  const colours = Array.from({ length: classes }, (_, k) => {
    const pick = classes === 1 ? 3 : Math.round((k * (SEQUENTIAL.length - 1)) / (classes - 1));
    return SEQUENTIAL[pick] ?? NONE;
  });
  return { limits, colours, diverging: false };
}

/** Which class a value is in; -1 where it is not known, and for exactly no change. */
export function classOf(value: number | null | undefined, scale: Scale): number {
  if (value == null || !Number.isFinite(value)) return -1;
  if (scale.diverging && Math.abs(value) <= NOTHING) return -1;
  const n = scale.colours.length;
  for (let k = 1; k < n; k += 1) if (value < (scale.limits[k] ?? Infinity)) return k - 1;
  return n - 1;
}

export function colourOf(value: number | null | undefined, scale: Scale): string {
  const k = classOf(value, scale);
  return k < 0 ? NONE : (scale.colours[k] ?? NONE);
}
