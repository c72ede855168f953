// One long piece of work at a time: started, followed, cancelled; its result is of the type that the kind of job brings.
import { api, follow, inWords } from "./api";
import { failure } from "./failure";
import type { Job } from "./types";

export class Work<T> {
  job = $state.raw<Job | null>(null);
  result = $state.raw<T | null>(null);
  trouble = $state("");
  private stop: (() => void) | null = null;

  get busy(): boolean {
    return this.job?.state === "waiting" || this.job?.state === "running";
  }

  async start(body: Record<string, unknown>): Promise<void> {
    this.stop?.();
    this.result = null;
    this.trouble = "";
    try {
      this.watch(await api.startJob(body));
    } catch (e) {
      this.trouble = failure(e);
    }
  }

  /** Goes on with a job that was started before, or shows what it brought. */
  watch(job: Job): void {
    this.stop?.();
    this.job = job;
    this.trouble = "";
    this.result = null;
    if (job.state === "waiting" || job.state === "running") this.stop = follow(job.id, (next) => void this.hear(next));
    else void this.hear(job);
  }

  private async hear(job: Job): Promise<void> {
    if (this.job?.id !== job.id) return;
    this.job = job;
    if (job.state === "failed") this.trouble = inWords(job.errors);
    if (job.state === "done" && !this.result) {
      try {
        this.result = await api.result<T>(job.id);
      } catch (e) {
        this.trouble = failure(e);
      }
    }
  }

  async cancel(): Promise<void> {
    if (!this.job) return;
    this.stop?.();
    const { id } = this.job;
    this.job = { ...this.job, state: "cancelled" };
    await api.dropJob(id).catch(() => undefined);
  }

  /** The last job of a kind that this browser started, if the server still has it. */
  async resume(kind: string): Promise<void> {
    if (this.job) return;
    const { jobs } = await api.jobs();
    const last = jobs.find((j) => j.kind === kind && (j.state === "running" || j.state === "waiting" || j.state === "done"));
    if (last && !this.job) this.watch(last);
  }
}
