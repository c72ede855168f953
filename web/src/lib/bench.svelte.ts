// The state of the workbench: one draft that is edited, what the model answers, what it is compared with.
//
// While a lever moves (`drag`) the stored Jacobian answers in the same frame. When it is let go (`settle`) the change enters the
// history, the exact equilibrium is asked for, and the draft is kept. A newer request cancels an older one, and an answer that
// is not of the present change is dropped.
import { api, Refusal } from "./api";
import { EMPTY, isEmpty, same, tidy } from "./change";
import { say, t } from "./i18n.svelte";
import { Keeper, type Kept } from "./keeper";
import { Preview } from "./preview";
import type { Answer, Change, MapDrawing, NetworkDrawing, Saved, World } from "./types";

export interface Against {
  id: string;
  name: string;
  answer: Answer;
}

/** A draft of which the server doesn't know yet. */
const ALONE: Saved = { id: "", name: "", note: "", change: EMPTY, parent: null, created: "", changed: "", rev: 0 };

class Bench {
  world = $state.raw<World | null>(null);
  map = $state.raw<MapDrawing | null>(null);
  network = $state.raw<NetworkDrawing | null>(null);
  version = $state("");
  trouble = $state("");
  change = $state.raw<Change>(EMPTY);
  answer = $state.raw<Answer | null>(null);
  exact = $state.raw<Answer | null>(null);
  solving = $state(false);
  dragging = $state(false);
  draft = $state.raw<Saved | null>(null);
  drafts = $state.raw<Saved[]>([]);
  scenarios = $state.raw<Saved[]>([]);
  against = $state.raw<Against | null>(null);
  previewReady = $state(false);
  past = $state.raw<Change[]>([]);
  future = $state.raw<Change[]>([]);
  kept = $state<Kept>("kept");
  readonly keeper = new Keeper(
    (sent, kept) => {
      this.drafts = [kept, ...this.drafts.filter((x) => x.id !== kept.id)];
      if (this.draft?.id !== sent.id) return;
      this.draft = { ...this.draft, id: kept.id, rev: kept.rev, changed: kept.changed };
      localStorage.setItem("citybelt.draft", kept.id);
    },
    (state) => (this.kept = state),
  );

  private settled: Change = EMPTY;
  private preview: Preview | null = null;
  private asking: AbortController | null = null;
  private base: Answer | null = null;

  async start(): Promise<void> {
    const session = await api.session();
    this.version = session.version;
    const [world, map] = await Promise.all([api.world(), api.map()]);
    this.world = world;
    this.map = map;
    void api.network().then((n) => (this.network = n)).catch(() => undefined);
    await this.reopen();
    void this.fetchPreview();
    void this.listScenarios().catch(() => undefined);
  }

  /** The draft that was edited last, with what the browser kept while the server was away; else a new one. */
  private async reopen(): Promise<void> {
    let draft: Saved | null = null;
    try {
      this.drafts = (await api.drafts()).drafts.sort((a, b) => (a.changed < b.changed ? 1 : -1));
      const wanted = localStorage.getItem("citybelt.draft");
      draft = this.drafts.find((d) => d.id === wanted) ?? this.drafts[0] ?? (await api.newDraft({ name: this.title(), change: EMPTY }));
      if (!this.drafts.length) this.drafts = [draft];
    } catch {
      // a server that can't keep drafts still answers; the browser keeps them until it can
      draft = { ...ALONE, name: this.title() };
    }
    const left = this.keeper.left(draft.id);
    this.take(left ? { ...draft, change: left.change, name: left.name } : draft);
    if (left) this.keep();
  }

  /** What a new draft is called. */
  private title(): string {
    return t("draft.numbered", { n: this.drafts.length + 1 });
  }

  private take(draft: Saved): void {
    const record = { ...draft, change: tidy(draft.change, this.world ?? undefined) };
    this.draft = record;
    localStorage.setItem("citybelt.draft", record.id);
    this.past = [];
    this.future = [];
    this.change = this.settled = record.change;
    this.ask();
  }

  /** Opens another draft. What was edited is kept already. */
  open(draft: Saved): void {
    this.keeper.flush();
    this.drafts = [draft, ...this.drafts.filter((d) => d.id !== draft.id)];
    this.take(draft);
  }

  async begin(change: Partial<Change> = {}, name = "", parent: Saved["parent"] = null): Promise<void> {
    this.keeper.flush();
    const asked = { name: (name || this.title()).slice(0, 80), change: tidy(change, this.world ?? undefined), parent };
    this.open(await api.newDraft(asked).catch(() => ({ ...ALONE, ...asked })));
  }

  async drop(id: string): Promise<void> {
    await api.dropDraft(id);
    this.drafts = this.drafts.filter((d) => d.id !== id);
    if (this.draft?.id === id) {
      const next = this.drafts[0];
      if (next) this.open(next);
      else await this.begin();
    }
  }

  async listScenarios(): Promise<void> {
    this.scenarios = (await api.scenarios()).scenarios.sort((a, b) => (a.changed < b.changed ? 1 : -1));
  }

  private async fetchPreview(tries = 0): Promise<void> {
    try {
      const { state } = await api.previewState();
      if (state === "ready") {
        this.preview = new Preview(await api.previewFile());
        this.previewReady = true;
      } else if (state !== "failed" && tries < 400) {
        setTimeout(() => void this.fetchPreview(tries + 1), 3000);
      }
    } catch {
      if (tries < 5) setTimeout(() => void this.fetchPreview(tries + 1), 3000);
    }
  }

  /** A lever under way: shown at once, kept when it is settled. */
  drag(change: Change): void {
    this.change = tidy(change, this.world ?? undefined);
    this.dragging = true;
    if (this.preview?.knows(this.change) && this.world) {
      this.asking?.abort();
      this.solving = false;
      this.answer = this.preview.answer(this.change, this.world);
    } else if (!this.solving) this.ask();
  }

  setLever(id: string, v: number, settle: boolean): void {
    const change = { ...this.change, levers: { ...this.change.levers, [id]: v } };
    if (settle) this.settle(change);
    else this.drag(change);
  }

  settle(change: Change = this.change): void {
    this.dragging = false;
    this.change = tidy(change, this.world ?? undefined);
    if (!same(this.change, this.settled)) {
      this.past = [...this.past.slice(-199), this.settled];
      this.future = [];
      this.settled = this.change;
      this.keep();
    } else if (this.answer?.kind === "exact" && same(this.answer.change, this.change)) return;
    this.ask();
  }

  undo(): void {
    const last = this.past[this.past.length - 1];
    if (!last) return;
    this.future = [...this.future, this.settled];
    this.past = this.past.slice(0, -1);
    this.jump(last);
  }

  redo(): void {
    const next = this.future[this.future.length - 1];
    if (!next) return;
    this.past = [...this.past, this.settled];
    this.future = this.future.slice(0, -1);
    this.jump(next);
  }

  private jump(change: Change): void {
    this.dragging = false;
    this.change = this.settled = change;
    this.keep();
    this.ask();
  }

  rename(name: string): void {
    if (!this.draft || !name || this.draft.name === name) return;
    this.draft = { ...this.draft, name };
    this.keep();
  }

  private keep(): void {
    if (!this.draft) return;
    this.draft = { ...this.draft, change: this.settled };
    this.keeper.keep(this.draft);
  }

  /** Asks for the exact equilibrium of the present change. */
  private ask(): void {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const change = this.change;
    this.solving = true;
    const started = performance.now();
    api
      .exact(change, asking.signal)
      .then((answer) => {
        if (asking !== this.asking) return;
        this.solving = false;
        this.trouble = "";
        if (isEmpty(change)) this.base = answer;
        if (same(change, this.change)) this.answer = this.exact = { ...answer, change };
        else if (this.dragging) this.ask();
        performance.measure("citybelt:exact", { start: started, end: performance.now() });
      })
      .catch((e: unknown) => {
        if (asking !== this.asking || (e instanceof DOMException && e.name === "AbortError")) return;
        this.solving = false;
        this.trouble = e instanceof Refusal ? e.message : "offline";
        if (!(e instanceof Refusal)) setTimeout(() => asking === this.asking && this.ask(), 2500);
      });
  }

  /** What is shown beside the draft: a saved scenario or one of the library; null for the base year. */
  async compare(id: string | null): Promise<void> {
    if (!id || !this.world) {
      this.against = null;
      return;
    }
    const saved = this.scenarios.find((s) => s.id === id) ?? this.drafts.find((d) => d.id === id);
    const own = this.world.library.find((l) => l.id === id);
    const change = tidy(saved?.change ?? own?.change, this.world);
    this.against = { id, name: saved?.name || say(own?.name) || id, answer: await api.exact(change) };
  }

  /** The base year's own answer: nothing changed. */
  async nothing(): Promise<Answer> {
    this.base ??= await api.exact(EMPTY);
    return this.base;
  }
}

export const bench = new Bench();
