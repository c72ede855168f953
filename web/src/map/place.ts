// Where things go on the map: the view, names that don't touch each other, arrows, the scale bar, the neighbour in a direction.
import type { Caption, Flow, Shape, View } from "./types";

/** The view that shows a frame of the drawing in the middle of a box. */
export function fit(
  frame: [number, number, number, number], across: number, down: number, room: [number, number, number, number],
): View {
  const [x0, y0, x1, y1] = frame;
  const [top, right, bottom, left] = room;
  const k = Math.max(Math.min((across - left - right) / (x1 - x0), (down - top - bottom) / (y1 - y0)), 1e-6);
  return { k, x: (across + left - right - k * (x0 + x1)) / 2, y: (down + top - bottom - k * (y0 + y1)) / 2 };
}

/** Zoomed by `factor` around a point of the frame. */
export function zoomed(view: View, factor: number, px: number, py: number, least: number, most: number): View {
  const k = Math.min(Math.max(view.k * factor, least), most);
  const f = k / view.k;
  return { k, x: px - f * (px - view.x), y: py - f * (py - view.y) };
}

export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const c of text) width += (c.codePointAt(0) ?? 0) > 0x2e80 ? size : size * 0.54;
  return width;
}

type Box = [number, number, number, number];

function boxOf(text: string, x: number, y: number, size: number): Box {
  const half = textWidth(text, size) / 2 + 3;
  return [x - half, y - size * 0.75, x + half, y + size * 0.55];
}

const meet = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** Those captions of seas and countries that meet no name of a place and no other caption. */
export function clear(captions: Caption[], placed: Name[], view: View, size = 12): Caption[] {
  const taken = placed.map((p) => boxOf(p.text, p.x, p.y, size));
  return captions.filter((c) => {
    const box = boxOf(c.text, view.x + view.k * c.x, view.y + view.k * c.y, size * 1.15);
    if (taken.some((b) => meet(b, box))) return false;
    taken.push(box);
    return true;
  });
}

export interface Name {
  id: string;
  text: string;
  x: number;
  y: number;
}

/** Names, the heaviest first, of places whose name meets no other and stays in the frame. */
export function names(
  shapes: Shape[], text: (id: string) => string, view: View, across: number, down: number, size = 12, keep: string[] = [],
): Name[] {
  const taken: Box[] = [];
  const out: Name[] = [];
  const order = [...shapes].sort((a, b) => Number(keep.includes(b.id)) - Number(keep.includes(a.id)) || b.weight - a.weight);
  for (const shape of order) {
    const label = text(shape.id);
    const [x, y] = [view.x + view.k * shape.x, view.y + view.k * shape.y];
    const box = boxOf(label, x, y, size);
    if (box[0] < 0 || box[1] < 0 || box[2] > across || box[3] > down) continue;
    if (taken.some((b) => meet(b, box))) continue;
    taken.push(box);
    out.push({ id: shape.id, text: label, x, y });
  }
  return out;
}

/** A bent arrow between two points: its line and its head, `width` wide. */
export function arrow(
  x0: number, y0: number, x1: number, y1: number, width: number,
): { line: string; head: string } {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy) || 1;
  const bend = 0.18 * length;
  const [cx, cy] = [(x0 + x1) / 2 - (dy / length) * bend, (y0 + y1) / 2 + (dx / length) * bend];
  const [tx, ty] = [x1 - cx, y1 - cy];
  const turn = Math.hypot(tx, ty) || 1;
  const [ux, uy] = [tx / turn, ty / turn];
  const size = 4 + 1.6 * width;
  const [bx, by] = [x1 - ux * size, y1 - uy * size];
  const f = (v: number): string => v.toFixed(1);
  return {
    line: `M${f(x0)} ${f(y0)}Q${f(cx)} ${f(cy)} ${f(bx)} ${f(by)}`,
    head: `M${f(x1)} ${f(y1)}L${f(bx - uy * size * 0.5)} ${f(by + ux * size * 0.5)}L${f(bx + uy * size * 0.5)} ${f(by - ux * size * 0.5)}Z`,
  };
}

/** The largest flows and how wide each is drawn. */
export function widths(flows: Flow[], most = 12): { flow: Flow; width: number }[] {
  const top = [...flows].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, most);
  const peak = Math.abs(top[0]?.value ?? 0);
  return top.filter((f) => f.value !== 0).map((flow) => ({ flow, width: 0.8 + 4.2 * Math.sqrt(Math.abs(flow.value) / peak) }));
}

/** Kilometres of a round scale bar at most `most` pixels long. */
export function bar(perKm: number, view: View, most = 110): number {
  const room = most / (perKm * view.k);
  const power = 10 ** Math.floor(Math.log10(room));
  return ([5, 2, 1].find((s) => s * power <= room) ?? 1) * power;
}

/** The place that an arrow key leads to: near, and in that direction. */
export function towards(shapes: Shape[], from: string, dx: number, dy: number): string {
  const at = shapes.find((s) => s.id === from) ?? shapes[0];
  if (!at) return from;
  let best = at.id;
  let least = Infinity;
  for (const s of shapes) {
    const [vx, vy] = [s.x - at.x, s.y - at.y];
    const along = vx * dx + vy * dy;
    if (s.id === at.id || along <= 0) continue;
    const cost = along + 2.2 * Math.abs(vx * dy - vy * dx);
    if (cost < least) [best, least] = [s.id, cost];
  }
  return best;
}
