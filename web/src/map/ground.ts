// The server's drawing as what MapView draws, in the page's language.
import { say } from "../lib/i18n.svelte";
import type { MapDrawing, NetworkDrawing, World } from "../lib/types";
import type { Ground, Link } from "./types";

export function ground(map: MapDrawing, network: NetworkDrawing | null, world: World, frame: "cluster" | "nation"): Ground {
  const region = new Map(world.regions.map((r) => [r.id, r]));
  const people = world.base.regional.people ?? [];
  const weight = new Map(world.home.map((id, i) => [id, people[i] ?? 0]));
  const near = (id: string): boolean => frame === "nation" || region.get(id)?.in_cluster === true;
  return {
    frame: map.frames[frame],
    inset: frame === "nation" ? (map.frames.inset ?? null) : null,
    perKm: 1 / map.unit_km,
    shapes: map.regions.map((r) => ({ ...r, weight: (weight.get(r.id) ?? 0) * (near(r.id) ? 1 : 1e-6) })),
    outlines: [
      ...map.land.map((l) => ({ d: l.d, kind: "land" as const })),
      ...map.provinces.map((p) => ({ d: p.d, kind: "province" as const })),
      ...map.lines.map((l) => ({ d: l.d, kind: "border" as const })),
    ],
    captions: map.labels.map((l) => ({ x: l.x, y: l.y, text: say(l.name), kind: l.kind === "sea" ? ("sea" as const) : ("land" as const) })),
    links: network ? links(network) : [],
  };
}

function links(network: NetworkDrawing): Link[] {
  const at = new Map(network.nodes.map((n) => [n.id, n]));
  return network.edges.flatMap((e) => {
    const [a, b] = [at.get(e.a), at.get(e.b)];
    if (!a || !b || e.mode === "car") return [];
    return [{
      id: e.id, d: `M${a.x} ${a.y}L${b.x} ${b.y}`, kind: e.mode === "hsr" ? "rail" : e.mode, name: `${say(a.name)} – ${say(b.name)}`,
      lever: e.lever, open: e.open,
    }];
  });
}
