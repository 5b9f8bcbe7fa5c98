/** Answers what is asked of a duel: reads the agent from its session, and lets the engine play. */
import { setImmediate } from 'node:timers/promises';
import type { DuelAnswers, DuelAsk, DuelAsks } from '../contract/duel';
import { LabError } from '../contract/problem';
import { openAgent, openArena, type RecordedArm } from '../engine/arena';
import { Duel } from '../engine/rl/duel';
import { withSession } from '../sessions/reader';
import { checkedSpec } from './inputs';

interface Seated {
  file: string;
  recorded: RecordedArm;
  restored: ReturnType<typeof openAgent>;
}

export class DuelTable {
  private seated: Seated | null = null;
  private duel: Duel | null = null;

  async answer({ what, ask }: DuelAsk): Promise<DuelAnswers[keyof DuelAnswers]> {
    if (what === 'begin') return this.begin(ask);
    if (!this.duel) throw new LabError('duel', 'none has begun', 'Begin one.');
    return what === 'turn' ? this.duel.turn(ask) : this.duel.rivals(() => setImmediate());
  }

  private begin({ file, choice }: DuelAsks['begin']): DuelAnswers['begin'] {
    if (this.seated?.file !== file || this.seated.recorded.arm.index !== choice.arm) {
      this.seated?.restored.agent.dispose();
      this.seated = null;
      const recorded = recordedArm(file, choice.arm);
      this.seated = { file, recorded, restored: openAgent(recorded) };
    }
    const { recorded, restored } = this.seated;
    this.duel = new Duel(openArena(recorded, restored, choice), choice);
    return this.duel.facts();
  }
}

/** @throws LabError for a session without agents, and for an arm that is not trained yet */
function recordedArm(file: string, index: number): RecordedArm {
  return withSession(file, (session) => {
    const experiment = checkedSpec(session.header().spec);
    const plan = session.ofType('run-started')[0]?.plan;
    const arm = plan?.arms[index];
    if (experiment.task !== 'reinforcement-learning' || !plan || !arm) {
      throw new LabError('duel', `this session has no agent ${index}`, 'Choose an agent of the list.');
    }
    const trained = session.ofType('trained', index).at(-1);
    if (!trained) {
      throw new LabError('duel', 'this agent is not trained yet', 'Wait until its training is over.');
    }
    const evaluations = session.ofType('evaluation', index);
    return {
      experiment,
      arm,
      weights: trained.weights,
      attacks: plan.attacks,
      metrics: plan.attacks.map((attack) => evaluations.find((one) => one.attack === attack.index)?.metrics),
    };
  });
}
