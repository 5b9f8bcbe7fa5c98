/**
 * Parameters: how a definition (attack, defence, environment, agent, dataset, exporter …) says what can be set.
 *
 * A spec is plain data. From it come the form in the window, the validation and its JSON Schema, the help of the
 * command line, the documentation page and the conformance tests, so that none of them can disagree.
 */

export type ParamValue = number | string | boolean | null | string[] | Applied | Applied[];

/** A definition with its parameters: `{ id: 'pgd', params: { epsilon: 0.3, steps: 40 } }`. */
export interface Applied {
  id: string;
  params: Record<string, ParamValue>;
}

interface Described {
  /** One line: what it does. */
  help: string;
  /** Unit as shown beside the value: 'epochs', 'pixel range', 'share' … */
  unit?: string;
  /** Common knob (shown first) or one for the expert (folded away in the form). */
  advanced?: boolean;
}

export interface NumberSpec extends Described {
  kind: 'number';
  default: number;
  min?: number;
  max?: number;
  /** The lower bound itself is not allowed. */
  exclusiveMin?: boolean;
  integer?: boolean;
}

/** A number that follows from the others unless it is given; `derived` says how, in words or as a formula. */
export interface DerivedNumberSpec extends Described {
  kind: 'derived-number';
  derived: string;
  min?: number;
  max?: number;
  exclusiveMin?: boolean;
  integer?: boolean;
}

export interface ChoiceSpec extends Described {
  kind: 'choice';
  default: string;
  options: readonly string[];
}

export interface BooleanSpec extends Described {
  kind: 'boolean';
  default: boolean;
}

/** Free text lines, such as an own map. `null` means not given. */
export interface LinesSpec extends Described {
  kind: 'lines';
  default: null;
  /** The lines are a picture, a character a pixel ('0' dark … '9' bright, '.' clear); `default` is then what is drawn without any. */
  picture?: { default: readonly string[] };
  /** Lines of cells of the environment's map, “6 = -1” or “6 = left”, which can be painted on it. */
  holds?: 'cell-rewards' | 'cell-actions';
}

/**
 * A file or folder of the user's, or an http(s) address that images are sent to; reading or asking it needs the user's
 * grant. Always required.
 */
export interface PathSpec extends Described {
  kind: 'path';
  what: 'file' | 'folder' | 'address';
}

/** Another attack, as an ingredient (`adversarial-training` trains against one). */
export interface AttackSpec extends Described {
  kind: 'attack';
  surface: Surface;
  default: Applied;
}

/** Several attacks side by side, as ingredients: at least one. */
export interface AttacksSpec extends Described {
  kind: 'attacks';
  surface: Surface;
  default: Applied[];
}

export type ParamSpec =
  NumberSpec | DerivedNumberSpec | ChoiceSpec | BooleanSpec | LinesSpec | PathSpec | AttackSpec | AttacksSpec;
export type ParamSpecs = Record<string, ParamSpec>;

/** Whether one value of the parameter is a list by itself, which elsewhere stands for several values. */
export const isList = ({ kind }: ParamSpec): boolean => kind === 'lines' || kind === 'attacks';

/** What an attack acts on. */
export type Surface =
  | 'evasion'
  | 'observation'
  | 'action'
  | 'dynamics'
  | 'reward'
  | 'training-set'
  | 'policy'
  | 'log'
  | 'privacy';

/** The value type of one spec, so that an author's `params` are typed from the specs alone. */
export type ValueOf<S extends ParamSpec> = S extends NumberSpec | DerivedNumberSpec
  ? number
  : S extends { kind: 'choice'; options: readonly (infer O)[] }
    ? O
    : S extends BooleanSpec
      ? boolean
      : S extends LinesSpec
        ? string[] | null
        : S extends AttackSpec
          ? Applied
          : S extends AttacksSpec
            ? Applied[]
            : string;

export type ParamsOf<S extends ParamSpecs> = { [K in keyof S]: ValueOf<S[K]> };

/** Resolved parameters of a definition that is only known by its id. */
export type AnyParams = ParamsOf<ParamSpecs>;

type Without<S> = Omit<S, 'kind'>;
export const number = (spec: Without<NumberSpec>): NumberSpec => ({ kind: 'number', ...spec });
export const integer = (spec: Without<NumberSpec>): NumberSpec => ({
  kind: 'number',
  integer: true,
  ...spec,
});
export const derivedNumber = (spec: Without<DerivedNumberSpec>): DerivedNumberSpec => ({
  kind: 'derived-number',
  ...spec,
});
export const choice = <const O extends readonly string[]>(
  spec: Omit<ChoiceSpec, 'kind' | 'options' | 'default'> & { options: O; default: O[number] },
) => ({ kind: 'choice' as const, ...spec });
export const boolean = (spec: Without<BooleanSpec>): BooleanSpec => ({ kind: 'boolean', ...spec });
export const lines = (spec: Omit<LinesSpec, 'kind' | 'default'>): LinesSpec => ({
  kind: 'lines',
  default: null,
  ...spec,
});
export const path = (spec: Without<PathSpec>): PathSpec => ({ kind: 'path', ...spec });
export const attack = (spec: Without<AttackSpec>): AttackSpec => ({ kind: 'attack', ...spec });
export const attacks = (spec: Without<AttacksSpec>): AttacksSpec => ({ kind: 'attacks', ...spec });
