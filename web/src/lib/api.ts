// Calls to the server on the same origin. A failed call throws a Refusal that carries what the server says is wrong.
import type { Answer, Change, Job, MapDrawing, NetworkDrawing, PageData, Problem, Saved, Security, WhyAnswer, World } from "./types";

/** What is wrong, a line a problem. */
export const inWords = (problems: Problem[]): string => problems.map((p) => [p.where, p.what, p.do].filter(Boolean).join(" ")).join("\n");

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problems: Problem[],
    readonly detail: Record<string, unknown> | null = null,
  ) {
    super(inWords(problems) || `HTTP ${status}`);
  }
}

async function refuse(response: Response): Promise<never> {
  let body: { errors?: Problem[]; detail?: Record<string, unknown> } = {};
  try {
    body = await response.json();
  } catch {
    // not JSON: the status is all there is to say
  }
  throw new Refusal(response.status, body.errors ?? [], body.detail ?? null);
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, headers: {}, credentials: "same-origin", signal: signal ?? null };
  if (body !== undefined) {
    const raw = body instanceof Blob || body instanceof ArrayBuffer;
    init.headers = { "Content-Type": raw ? "application/octet-stream" : "application/json" };
    init.body = raw ? (body as BodyInit) : JSON.stringify(body);
  } else if (method !== "GET") init.headers = { "Content-Type": "application/json" };
  const response = await fetch(path, init);
  if (!response.ok) await refuse(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>("GET", path, undefined, signal);
const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> => call<T>("POST", path, body, signal);

export const api = {
  session: () => get<{ id: string; world: string; version: string; shared: boolean }>("/api/session"),
  world: () => get<World>("/api/world"),
  map: () => get<MapDrawing>("/api/map"),
  network: () => get<NetworkDrawing>("/api/network"),
  exact: (change: Change, signal?: AbortSignal) => post<Answer>("/api/exact", { change }, signal),
  previewState: () => get<{ state: string; done: number; total: number; key: string }>("/api/preview/state"),
  async previewFile(): Promise<ArrayBuffer> {
    const response = await fetch("/api/preview.bin", { credentials: "same-origin" });
    if (!response.ok) await refuse(response);
    return response.arrayBuffer();
  },
  securities: (change: Change, signal?: AbortSignal) =>
    post<{ state: string; struck?: number; of?: number; securities: Security[] }>("/api/securities", { change }, signal),
  why: (change: Change, outcome: string, of: string, signal?: AbortSignal) =>
    post<WhyAnswer>("/api/why", { change, outcome, of }, signal),
  flows: (change: Change, of: string, region: string | null, sector: string | null = null, top = 60) =>
    post<{ unit: string; flows: { from: string; to: string; base: number; now: number; change: number }[] }>("/api/flows", {
      change, of, region, sector, top,
    }),
  drafts: () => get<{ drafts: Saved[] }>("/api/drafts"),
  newDraft: (body: Partial<Saved>) => post<Saved>("/api/drafts", body),
  keepDraft: (d: Saved) => call<Saved>("PUT", `/api/drafts/${d.id}`, {
    name: d.name, note: d.note, change: d.change, parent: d.parent, rev: d.rev,
  }),
  dropDraft: (id: string) => call<unknown>("DELETE", `/api/drafts/${id}`),
  scenarios: () => get<{ scenarios: Saved[] }>("/api/scenarios"),
  saveScenario: (body: { name: string; note?: string; change: Change; parent?: Saved["parent"] }) => post<Saved>("/api/scenarios", body),
  rename: (id: string, name: string, note: string) => call<Saved>("PUT", `/api/scenarios/${id}`, { name, note }),
  dropScenario: (id: string) => call<unknown>("DELETE", `/api/scenarios/${id}`),
  fork: (id: string, name?: string) => post<Saved>(`/api/scenarios/${id}/fork`, name ? { name } : {}),
  /** The whole address that shows a copy of a scenario. */
  link: async (id: string) => new URL((await post<{ link: string }>(`/api/scenarios/${id}/link`, {})).link, location.href).href,
  shared: (code: string) => get<{ record: Saved; answer: Answer }>(`/api/shared/${code}`),
  difference: (a: Change, b: Change) =>
    post<{
      rows: { section: string; key: string; name: { en: string; zh: string }; a: number | string | null; b: number | string | null }[];
      answer_a: Answer; answer_b: Answer;
    }>("/api/difference", { a, b }),
  open: (file: Blob) =>
    post<{ record: Saved; verified: boolean; checks: { what: { en: string; zh: string }; held: boolean; detail: string }[]; answer: Answer }>(
      "/api/open", file,
    ),
  jobs: () => get<{ jobs: Job[] }>("/api/jobs"),
  startJob: (body: Record<string, unknown>) => post<Job>("/api/jobs", body),
  dropJob: (id: string) => call<unknown>("DELETE", `/api/jobs/${id}`),
  result: <T>(id: string) => get<T>(`/api/jobs/${id}/result`),
  page: (id: string) => get<PageData>(`/api/pages/${id}`),
  classroom: () =>
    get<{ levers: { id: string; name: { en: string; zh: string }; lower: number; upper: number; value: number; step?: number; unit: { en: string; zh: string } }[] }>(
      "/api/classroom",
    ),
  teach: <T>(values: Record<string, number>, signal?: AbortSignal) => post<T>("/api/classroom", { values }, signal),
  /** Downloads a file that the server makes of a scenario. */
  async export(change: Change, name: string, format: string, lang: string): Promise<void> {
    const response = await fetch("/api/export", {
      method: "POST", headers: { "Content-Type": "application/json" }, credentials: "same-origin",
      body: JSON.stringify({ change, name, format, lang }),
    });
    if (!response.ok) await refuse(response);
    const said = /filename\*?=(?:UTF-8'')?"?([^";]+)"?/i.exec(response.headers.get("Content-Disposition") ?? "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = decodeURIComponent(said?.[1] ?? `${name}.${format}`);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};

/** Follows a job to its end; `told` hears every step. Returns a function that stops listening. */
export function follow(id: string, told: (job: Job) => void): () => void {
  const source = new EventSource(`/api/jobs/${id}/events`);
  source.addEventListener("progress", (e) => told(JSON.parse((e as MessageEvent<string>).data) as Job));
  source.addEventListener("end", (e) => {
    told(JSON.parse((e as MessageEvent<string>).data) as Job);
    source.close();
  });
  return () => source.close();
}
