/** Where a session is worth looking at: found while its landmarks come in, each once. */
import type { RecordedEvent } from '../../src-main/contract/events';
import type { Trajectory } from '../../src-main/contract/fold';
import { flips, isAttacked, parting } from '../charts/episode';

/** What a mark stands for. `flip`: an attack changed what a model says or an agent does. */
export type MarkKind = 'arm' | 'epoch' | 'trained' | 'attack' | 'flip' | 'divergence' | 'failure';

export interface Mark {
  /** The event to wind to. */
  sequence: number;
  kind: MarkKind;
  arm: number | null;
  /** Index in plan.attacks; null where no attack is concerned. */
  attack: number | null;
  /** What happened, beyond its kind; empty where that says it. */
  detail: string;
  /** Where in the episode or in the attack's steps, for those that have such. */
  step: number | null;
}

export class Marks {
  readonly list: Mark[] = [];
  /** The agents' latest episodes without an attack, by arm: twins part from these. */
  private readonly clean = new Map<number, Trajectory>();
  /** The last event of each arm after which an attack begins. */
  private readonly begins = new Map<number, number>();

  take(events: readonly RecordedEvent[]): void {
    for (const recorded of events) this.read(recorded);
  }

  private add(sequence: number, kind: MarkKind, about: Partial<Omit<Mark, 'sequence' | 'kind'>>): void {
    this.list.push({ sequence, kind, arm: null, attack: null, detail: '', step: null, ...about });
  }

  private read({ sequence, event }: RecordedEvent): void {
    switch (event.type) {
      case 'arm-started':
        this.add(sequence, 'arm', { arm: event.arm });
        break;
      case 'checkpoint':
        if (event.position.stage === 'training')
          this.add(sequence, 'epoch', {
            arm: event.position.arm,
            detail: `epoch ${event.position.done}`,
          });
        else this.begins.set(event.position.arm, sequence);
        break;
      case 'trained':
        this.add(sequence, 'trained', { arm: event.arm });
        this.begins.set(event.arm, sequence);
        break;
      case 'evaluation': {
        const { arm, attack } = event;
        if (attack !== null) this.add(this.begins.get(arm) ?? sequence, 'attack', { arm, attack });
        this.begins.set(arm, sequence);
        break;
      }
      case 'attack-steps': {
        const { arm, attack, label, predicted } = event;
        const step = predicted.findIndex((one) => one !== label);
        if (step > 0)
          this.add(sequence, 'flip', {
            arm,
            attack,
            step,
            detail: `the predicted class flips at step ${step}`,
          });
        break;
      }
      case 'trajectory':
        this.readEpisode(sequence, event);
        break;
      case 'check':
        if (event.check.status === 'fail')
          this.add(sequence, 'failure', { arm: event.arm, detail: `check ${event.check.id} failed` });
        break;
      case 'warning':
        this.add(sequence, 'failure', { arm: event.arm, detail: event.message });
        break;
      case 'run-failed':
        this.add(sequence, 'failure', { detail: `${event.error.place}: ${event.error.message}` });
        break;
      case 'run-stopped':
        this.add(sequence, 'failure', { detail: 'stopped' });
        break;
    }
  }

  private readEpisode(sequence: number, episode: Trajectory): void {
    const { arm, attack } = episode;
    if (!isAttacked(episode)) {
      if (episode.trainedSteps === null) this.clean.set(arm, episode);
      return;
    }
    const flipped = flips(episode)?.indexOf(1) ?? -1;
    if (flipped >= 0)
      this.add(sequence, 'flip', {
        arm,
        attack,
        step: flipped,
        detail: `the action flips at step ${flipped}`,
      });
    const twin = this.clean.get(arm);
    const parted = twin ? parting(episode, twin) : null;
    if (parted !== null)
      this.add(sequence, 'divergence', {
        arm,
        attack,
        step: parted,
        detail: `the twins part at step ${parted}`,
      });
  }
}
