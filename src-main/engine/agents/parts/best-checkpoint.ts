import type { Lesson, Policy } from '../../definitions';

/** Examines a learner now and then and keeps its weights where it did best. */
export class BestCheckpoint {
  weights: Record<string, Float32Array>;
  private best = -Infinity;

  constructor(
    private readonly lesson: Lesson,
    private readonly policy: Policy,
    private readonly present: () => Record<string, Float32Array>,
  ) {
    this.weights = present();
  }

  async examine(step: number): Promise<void> {
    const greedyReturn = await this.lesson.examine(this.policy, step);
    // Of equally good checkpoints the later one has learnt from more.
    if (greedyReturn < this.best) return;
    this.best = greedyReturn;
    this.weights = this.present();
  }
}
