/**
 * The catalog: everything the lab can do, as plain data. It is generated from the definitions (`npm run catalog`), so
 * that the window and main know every form and every rule without loading an engine.
 */
import type { TextMaps } from './environment';
import type { ParamSpecs, Surface } from './params';

export type Kind = 'attack' | 'defense' | 'environment' | 'agent' | 'model' | 'dataset' | 'exporter';
export type Task = 'classification' | 'reinforcement-learning';
export type Norm = 'linf' | 'l2' | 'l1' | 'l0';

/** What the attacker sees of the target. `none`: not even its answers. */
export type Knowledge = 'white-box' | 'score' | 'decision' | 'transfer' | 'none';

/** What one definition may require of another: an attack of its target, a table of its environment. */
export type Capability =
  | 'gradients'
  | 'scores'
  /** The scores are what an agent expects of each action. */
  | 'action-values'
  /** An agent that judges what its states or actions are worth, with gradients. */
  | 'critic'
  | 'decisions'
  | 'training'
  /** An agent that learns from steps it takes itself. */
  | 'own-steps'
  /** One that learns from recorded steps alone. */
  | 'recorded-steps'
  | 'finite-states'
  /** Observations are real values, which can be moved a little. */
  | 'box-observations'
  | 'randomised';

export type Stage =
  | 'training'
  | 'preprocessing'
  | 'answers'
  | 'filtering'
  | 'detection'
  | 'certified'
  | 'rl-training'
  | 'rl-filtering'
  | 'rl-wrapper';

export interface Citation {
  authors: string;
  title: string;
  year: number;
  /** Where it can be read: venue, arXiv number or DOI. */
  where: string;
}

/** What every definition file carries, whatever it defines. */
export interface Definition<S extends ParamSpecs = ParamSpecs> {
  id: string;
  title: string;
  /** What it does and what to expect of it, two or three sentences for someone who has not read the paper. */
  summary: string;
  /** The idea as the paper writes it, in plain symbols; absent where words say more. */
  formula?: string;
  /** Known weaknesses and differences from the paper; empty when there are none. */
  limits?: string;
  reference: Citation;
  params: S;
}

/** One definition as the catalog lists it. */
export interface CatalogEntry extends Definition {
  kind: Kind;
  /** The tasks it can be used in. */
  tasks: Task[];
  surface?: Surface;
  knowledge?: Knowledge;
  requires?: Capability[];
  /** Attacks that learn from other inputs first; they cannot be an ingredient of another definition. */
  fitted?: boolean;
  stage?: Stage;
  /** Training defences: attacks they train against beside those among their parameters. */
  against?: string[];
  /** Models, agents and environments: what they offer to those who require it. */
  capabilities?: Capability[];
  /** Grid worlds: their maps as text. */
  text?: TextMaps;
  /** Exporters: the file ending. */
  extension?: string;
}

export type Catalog = CatalogEntry[];

/** Under `poisoning:` stand attacks on what is learnt from; under `attacks:` those on the trained model. */
export const POISONING_SURFACES: readonly Surface[] = ['training-set', 'reward', 'policy', 'log'];
export const isPoisoning = (surface: Surface): boolean => POISONING_SURFACES.includes(surface);

/** Attacks that can stand as a parameter of another definition. */
export const ingredients = (catalog: Catalog, surface: Surface): CatalogEntry[] =>
  catalog.filter((entry) => entry.kind === 'attack' && entry.surface === surface && !entry.fitted);

export function find(catalog: Catalog, kind: Kind, id: string): CatalogEntry | undefined {
  return catalog.find((entry) => entry.kind === kind && entry.id === id);
}
