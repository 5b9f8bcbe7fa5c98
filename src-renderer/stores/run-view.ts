/** What the panels of a run share: arm families with their colours, which of them are shown, and the sums over seeds. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { find } from '../../src-main/contract/catalog';
import { catalog } from '../../src-main/contract/catalog-data';
import { attackLabel, families as familiesOf, type Budget, type Family } from '../charts/families';
import { resultRows, type ResultRow } from '../charts/results';
import { usePlayer } from './player';

export type { ResultRow };

export const useRunView = defineStore('run-view', () => {
  const player = usePlayer();

  const plan = computed(() => player.run.plan);
  const families = computed<Family[]>(() => (plan.value ? familiesOf(plan.value, catalog) : []));
  const budget = computed<Budget>(() => {
    const environment = find(catalog, 'environment', player.header?.spec.environment?.id ?? '');
    return environment?.capabilities?.includes('finite-states') ? 'cells' : 'epsilon';
  });
  const attackLabels = computed(() => {
    const attacks = plan.value?.attacks ?? [];
    return attacks.map((attack) => attackLabel(catalog, attack, attacks, budget.value));
  });

  const familyOf = (arm: number): Family | undefined => families.value.find(({ arms }) => arms.includes(arm));
  /** Every arm under its family's name and its seed. */
  const namedArms = computed(() =>
    families.value.flatMap((family) =>
      family.arms.map((index) => ({
        index,
        family,
        label: `${family.label}, seed ${plan.value!.arms[index]!.seed}`,
      })),
    ),
  );
  const defendedArms = computed(() => namedArms.value.filter(({ family }) => family.defense));
  /** Whether the agents' scores are Q-values; else they are the logits of a policy. */
  const valuesActions = computed(
    () =>
      find(catalog, 'agent', player.header?.spec.agent?.id ?? '')?.capabilities?.includes('action-values') ??
      false,
  );

  const hidden = ref(new Set<string>());
  watch(
    () => player.id,
    () => (hidden.value = new Set()),
  );
  const visible = computed(() => families.value.filter(({ key }) => !hidden.value.has(key)));
  function toggle(key: string): void {
    const next = new Set(hidden.value);
    if (!next.delete(key)) next.add(key);
    hidden.value = next;
  }

  const rows = computed<ResultRow[]>(() => {
    const state = player.results;
    return plan.value && state.plan ? resultRows(state, plan.value, families.value) : [];
  });

  const doubtful = computed(
    () => new Set(rows.value.flatMap((row) => (row.failedChecks.length ? [row.family.key] : []))),
  );
  /** Whether a check failed on a family's numbers. */
  const isDoubtful = (key: string): boolean => doubtful.value.has(key);

  /** Columns of the trade-off board that some family has. */
  const boardMeasures = computed(() => [
    ...new Set(rows.value.flatMap(({ board }) => Object.keys(board?.values ?? {}))),
  ]);

  return {
    plan,
    families,
    familyOf,
    namedArms,
    defendedArms,
    valuesActions,
    budget,
    attackLabels,
    visible,
    hidden,
    toggle,
    rows,
    isDoubtful,
    boardMeasures,
  };
});
