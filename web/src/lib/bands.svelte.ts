// Bands of a change, asked for once and kept for as long as the page is open.
import { api, follow, Refusal } from "./api";
import { textOf } from "./change";
import type { Change, Job } from "./types";

interface Band { low: number; high: number }
interface Result { bands: Record<string, Record<string, Band>> }

class Bands {
  job = $state.raw<Job | null>(null);
  trouble = $state("");
  private known = $state.raw<Record<string, Result["bands"]>>({});

  of(change: Change, outcome: string, of: string): Band | null {
    return this.known[textOf(change)]?.[outcome]?.[of] ?? null;
  }

  async start(change: Change, draws = 100): Promise<void> {
    this.trouble = "";
    try {
      this.job = await api.startJob({ kind: "bands", change, draws });
      follow(this.job.id, (job) => {
        this.job = job;
        if (job.state === "failed") this.trouble = job.errors.map((p) => p.what).join(" ");
        if (job.state === "done") void api.result<Result>(job.id).then((r) => (this.known = { ...this.known, [textOf(change)]: r.bands }));
      });
    } catch (e) {
      this.trouble = e instanceof Refusal ? e.message : String(e);
    }
  }

  cancel(): void {
    if (this.job) void api.dropJob(this.job.id);
    this.job = null;
  }
}

export const bands = new Bands();
