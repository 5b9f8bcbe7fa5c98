/** What every attack and every defence has. */
import type { Capability, Definition, Knowledge, Stage } from '../../contract/catalog';
import type { Training } from '../../contract/experiment';
import type { ParamsOf, ParamSpecs, ParamValue } from '../../contract/params';

export interface AttackBase<P extends ParamSpecs> extends Definition<P> {
  kind: 'attack';
  knowledge: Knowledge;
  requires: Capability[];
  /** Defaults that follow from other parameters (`derived-number` specs). */
  derive?(params: ParamsOf<P>): Partial<Record<keyof P, ParamValue>>;
}

export interface DefenseBase<P extends ParamSpecs> extends Definition<P> {
  kind: 'defense';
  stage: Stage;
  derive?(params: ParamsOf<P>, training: Training): Partial<Record<keyof P, ParamValue>>;
}
