// The stored Jacobian: what a mix of levers does, in well under a millisecond, with its error. The formulas are (V1) to (V3) of
// citybelt's scenario/preview.py, the numbers its float32.
import type { Answer, Change, World } from "./types";

interface Head {
  key: string;
  levers: string[];
  regional: string[];
  totals: string[];
  sets: string[];
  regions: string[];
  arrays: Record<string, { dtype: string; shape: number[]; offset: number }>;
}

function bend(v: number, scale: number, exponent: number): number {
  return Math.abs(exponent) < 1e-12 ? scale * Math.log1p(v / scale) : (scale * ((1 + v / scale) ** exponent - 1)) / exponent;
}

/** What a lever costs a year at a value, billions. */
export function costOf(curve: { charge: number; charge_scale: number; unit_cost: number }, v: number): number {
  return curve.unit_cost * bend(v, curve.charge_scale, curve.charge);
}

export class Preview {
  private readonly head: Head;
  private readonly size: number;
  private readonly a: Record<string, Float32Array | Float64Array | Int32Array> = {};

  constructor(file: ArrayBuffer) {
    const length = new DataView(file).getUint32(0, true);
    this.head = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length))) as Head;
    for (const [name, { dtype, shape, offset }] of Object.entries(this.head.arrays)) {
      const count = shape.reduce((x, y) => x * y, 1);
      const at = 4 + length + offset;
      this.a[name] =
        dtype === "float64" ? new Float64Array(file, at, count) : dtype === "int32" ? new Int32Array(file, at, count) : new Float32Array(file, at, count);
    }
    this.size = this.head.arrays.floor?.shape[0] ?? 0;
  }

  get key(): string {
    return this.head.key;
  }

  /** Whether it knows all levers of a change and the assumptions are those it was made for. */
  knows(change: Change): boolean {
    if (Object.keys(change.closure).length || Object.keys(change.elasticities).length || change.vintage) return false;
    return Object.keys(change.levers).every((id) => this.head.levers.includes(id));
  }

  /** [M] changes and [M] errors. */
  at(levers: Record<string, number>): { change: Float64Array; error: Float64Array } {
    const m = this.size;
    const { levers: ids } = this.head;
    const n = ids.length;
    const get = (name: string): Float32Array | Float64Array | Int32Array => this.a[name] as Float32Array;
    const [upper, curve, owner, paying, pairs] = [get("upper"), get("curve"), get("lever"), get("paying"), get("pairs")];
    const v = ids.map((id) => levers[id] ?? 0);
    const u = new Float64Array(owner.length);
    const a = new Float64Array(n);
    owner.forEach((l, k) => {
      const value = v[l] ?? 0;
      if (value === 0) return;
      const c = 4 * l + (paying[k] ? 2 : 0);
      const [exponent, scale] = [curve[c] ?? 1, curve[c + 1] ?? 1];
      u[k] = bend(value, scale, exponent) / bend(upper[l] ?? 1, scale, exponent);
      a[l] = Math.max(a[l] ?? 0, u[k] ?? 0);
    });
    const change = new Float64Array(m);
    const error = new Float64Array(m);
    const add = (to: Float64Array, from: ArrayLike<number>, row: number, weight: number, size = false): void => {
      const start = row * m;
      for (let j = 0; j < m; j += 1) {
        const x = from[start + j] as number;
        to[j] = (to[j] as number) + weight * (size && x < 0 ? -x : x);
      }
    };
    u.forEach((uk, k) => uk !== 0 && add(change, get("first"), k, uk));
    for (let p = 0; 2 * p < pairs.length; p += 1) {
      const [i, j] = [pairs[2 * p] as number, pairs[2 * p + 1] as number];
      const w = (u[i] as number) * (u[j] as number) * (i === j ? 0.5 : 1);
      if (w !== 0) add(change, get("second"), p, w);
    }
    const on = [...a.keys()].filter((l) => a[l] !== 0);
    for (const l of on) {
      const al = a[l] as number;
      for (let q = 0; q < 4; q += 1) add(change, get("alone"), q * n + l, al ** (3 + q));
      add(error, get("doubt"), l, al ** 3);
    }
    for (const i of on)
      for (const j of on) {
        if (i >= j) continue;
        const [ai, aj] = [a[i] as number, a[j] as number];
        const row = i * n - (i * (i + 1)) / 2 + (j - i - 1);
        add(change, get("joint"), row, 0.5 * ai * aj * (ai + aj));
        add(error, get("joint"), row, ai * aj, true);
      }
    const [floor, factor] = [get("floor"), get("factor")];
    for (let j = 0; j < m; j += 1) error[j] = (factor[j] as number) * ((error[j] as number) + (on.length ? (floor[j] as number) : 0));
    return { change, error };
  }

  /** The same as an answer of the server, marked as a preview. */
  answer(change: Change, world: World): Answer {
    const { change: x, error } = this.at(change.levers);
    const { regional, totals, sets, regions } = this.head;
    const h = regions.length;
    const out: Answer = { kind: "preview", key: this.key, change, regional: {}, totals: {}, error: { regional: {}, totals: {} } };
    regional.forEach((name, o) => {
      out.regional[name] = [...x.subarray(o * h, (o + 1) * h)];
      if (out.error) out.error.regional[name] = [...error.subarray(o * h, (o + 1) * h)];
    });
    totals.forEach((name, o) => {
      const at = regional.length * h + o * sets.length;
      out.totals[name] = Object.fromEntries(sets.map((s, k) => [s, x[at + k] ?? null]));
      if (out.error) out.error.totals[name] = Object.fromEntries(sets.map((s, k) => [s, error[at + k] ?? 0]));
    });
    const costs = Object.fromEntries(
      world.levers.filter((l) => change.levers[l.id]).map((l) => [l.id, costOf(l.curve, change.levers[l.id] ?? 0)]),
    );
    const spent = Object.values(costs).reduce((s, c) => s + c, 0);
    const gdp = world.base.totals.gdp?.cluster ?? 0;
    out.budget = { spent, gdp, share: gdp ? (100 * spent) / gdp : 0, levers: costs };
    return out;
  }
}
