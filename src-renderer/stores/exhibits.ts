/** What is chosen in the panels of a run: tabs, filters, the one shown. Kept while other views are open. */
import { defineStore } from 'pinia';
import { computed, shallowReactive, toRefs, watch } from 'vue';
import { REJECTED } from '../../src-main/contract/events';
import type { Example } from '../../src-main/contract/fold';
import type { Mark } from './marks';
import { usePlayer } from './player';
import { useRunView } from './run-view';

export const OUTCOMES = [
  { value: 'fooled', label: 'Fooled' },
  { value: 'withstood', label: 'Withstood' },
  { value: 'wrong', label: 'Wrong before' },
] as const;
export type Outcome = (typeof OUTCOMES)[number]['value'];

/** Fooled: into the class aimed at, where there is one; what a detector rejects is withstood. */
export const outcomeOf = ({ label, aim, before, after }: Example): Outcome => {
  if (before.label !== label) return 'wrong';
  const fooled = aim === undefined ? ![label, REJECTED].includes(after.label) : after.label === aim;
  return fooled ? 'fooled' : 'withstood';
};

interface Choice {
  /** Tabs: among the tables, among what shows single inputs, among the matrices, and among what shows episodes. */
  table: string;
  exhibit: string;
  matrix: string;
  /** Twins, maps, or a duel. */
  stage: string;
  /** The twins shown; undefined follows the run. */
  twinsArm: number | undefined;
  twinsAttack: number | undefined;
  twinsDefense: number | undefined;
  /** A step that a mark leads to, in the twins or in an attack's way; whoever shows it takes it. */
  cue: number | undefined;
  /** The arm whose map is shown beside the clean one's, and the examination; undefined follows the run. */
  mapsArm: number | undefined;
  mapsAt: number | undefined;
  /** Filters of the examples; undefined lets everything through. `label` is the true one. */
  family: string | undefined;
  attack: number | undefined;
  label: number | undefined;
  outcome: Outcome | undefined;
  page: number;
  /** The attack shown step by step, fitted, transferred. */
  stepsArm: number | undefined;
  stepsAttack: number | undefined;
  fittedAttack: number | undefined;
  transferAttack: number | undefined;
  transferMetric: string;
  /** Whose classes are shown; attack −1: none. */
  classesFamily: string | undefined;
  classesAttack: number | undefined;
  /** The arm whose poisoned samples are shown, and which of them. */
  poisonedArm: number | undefined;
  poisonedPage: number;
  /** The arm whose activations are shown, the label they are of, and the samples picked among them. */
  activationsArm: number | undefined;
  activationsLabel: number | undefined;
  pickedSamples: ReadonlySet<number>;
  /** The arm whose log is shown, and the steps picked in it. */
  logArm: number | undefined;
  pickedSteps: ReadonlySet<number>;
}

const untouched = (): Choice => ({
  table: 'results',
  exhibit: 'examples',
  matrix: 'heat-map',
  stage: 'twins',
  twinsArm: undefined,
  twinsAttack: undefined,
  twinsDefense: undefined,
  cue: undefined,
  mapsArm: undefined,
  mapsAt: undefined,
  family: undefined,
  attack: undefined,
  label: undefined,
  outcome: undefined,
  page: 1,
  stepsArm: undefined,
  stepsAttack: undefined,
  fittedAttack: undefined,
  transferAttack: undefined,
  transferMetric: 'transferRate',
  classesFamily: undefined,
  classesAttack: undefined,
  poisonedArm: undefined,
  poisonedPage: 1,
  activationsArm: undefined,
  activationsLabel: undefined,
  pickedSamples: new Set(),
  logArm: undefined,
  pickedSteps: new Set(),
});

export const useExhibits = defineStore('exhibits', () => {
  const player = usePlayer();
  const view = useRunView();

  const choice = shallowReactive(untouched());
  watch(
    () => player.id,
    () => Object.assign(choice, untouched()),
  );
  watch(
    () => [choice.family, choice.attack, choice.label, choice.outcome],
    () => (choice.page = 1),
  );

  const matching = computed(() => {
    const arms = view.families.find(({ key }) => key === choice.family)?.arms;
    const lets = <T>(filter: T | undefined, value: T): boolean => filter === undefined || filter === value;
    return player.examples.examples.filter(
      (example) =>
        (!arms || arms.includes(example.arm)) &&
        lets(choice.attack, example.attack) &&
        lets(choice.label, example.label) &&
        lets(choice.outcome, outcomeOf(example)),
    );
  });

  /** Shows what an attack made of one family's inputs. */
  function showExamples(family: string, attack: number | undefined): void {
    Object.assign(choice, { exhibit: 'examples', family, attack, label: undefined, outcome: undefined });
  }

  /** Opens what a mark stands for: the twins of its arm and attack, or the attack's way, at its step. */
  function showMark({ arm, attack, step }: Mark): void {
    if (arm === null || attack === null || step === null) return;
    if (view.plan?.task === 'reinforcement-learning')
      Object.assign(choice, { stage: 'twins', twinsArm: arm, twinsAttack: attack, cue: step });
    else Object.assign(choice, { exhibit: 'steps', stepsArm: arm, stepsAttack: attack, cue: step });
  }

  return { ...toRefs(choice), matching, showExamples, showMark };
});
