// What a map needs, in the units of its own drawing (projected, equal-area).

export interface Shape {
  id: string;
  d: string;
  /** Where the name may stand, and the seat. */
  x: number;
  y: number;
  /** Names of large places are placed first. */
  weight: number;
}

export interface Outline {
  d: string;
  kind: "land" | "province" | "border";
}

export interface Caption {
  x: number;
  y: number;
  text: string;
  kind: "sea" | "land";
}

export interface Link {
  id: string;
  d: string;
  kind: string;
  name: string;
  lever: string | null;
  open: boolean;
}

export interface Ground {
  /** What is shown at first: left, top, right, bottom. */
  frame: [number, number, number, number];
  /** A part of the country that the frame cuts off, drawn small in the corner. */
  inset: [number, number, number, number] | null;
  /** Drawing units in a kilometre, for the scale bar. */
  perKm: number;
  shapes: Shape[];
  outlines: Outline[];
  captions: Caption[];
  links: Link[];
}

export interface Flow {
  from: string;
  to: string;
  value: number;
}

export interface View {
  k: number;
  x: number;
  y: number;
}
