// Autosave. Every settled change goes to the server; until it has answered, the browser keeps a copy, so that neither a closed
// page nor a killed server loses it.
import { api, Refusal } from "./api";
import type { Saved } from "./types";

export type Kept = "kept" | "keeping" | "here";

export class Keeper {
  private waiting: Saved | null = null;
  private busy = false;
  private timer = 0;

  /** `stored` hears what was sent and what the server made of it: a new revision, or another id. */
  constructor(
    private readonly stored: (sent: Saved, kept: Saved) => void,
    private readonly say: (state: Kept) => void,
  ) {}

  /** What the browser holds of a draft that the server hasn't confirmed. */
  left(id: string): Saved | null {
    const text = localStorage.getItem("citybelt.unsaved");
    if (!text) return null;
    const draft = JSON.parse(text) as Saved;
    return draft.id === id ? draft : null;
  }

  keep(draft: Saved): void {
    this.waiting = draft;
    localStorage.setItem("citybelt.unsaved", JSON.stringify(draft));
    this.say("keeping");
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), 250);
  }

  flush(): void {
    window.clearTimeout(this.timer);
    void this.send();
  }

  private async send(): Promise<void> {
    const draft = this.waiting;
    if (!draft || this.busy) return;
    this.busy = true;
    this.waiting = null;
    try {
      const kept = draft.id ? await api.keepDraft(draft) : await this.fresh(draft);
      this.done(draft, kept);
    } catch (e) {
      if (e instanceof Refusal && (e.status === 409 || e.status === 404)) {
        // edited in another tab, or gone: go on as a draft of its own rather than overwrite
        try {
          this.done(draft, await this.fresh(draft));
        } catch {
          this.later(draft);
        }
      } else this.later(draft);
    }
    this.busy = false;
    if (this.waiting) void this.send();
  }

  private fresh(draft: Saved): Promise<Saved> {
    return api.newDraft({ name: draft.name, note: draft.note, change: draft.change, parent: draft.parent });
  }

  private done(sent: Saved, kept: Saved): void {
    const next = this.waiting as Saved | null;
    if (next?.id === sent.id) this.waiting = { ...next, id: kept.id, rev: kept.rev };
    if (!next) {
      localStorage.removeItem("citybelt.unsaved");
      this.say("kept");
    }
    this.stored(sent, kept);
  }

  private later(draft: Saved): void {
    this.waiting ??= draft;
    this.say("here");
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), 2500);
  }
}
