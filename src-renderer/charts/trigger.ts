import type { Backdoor } from '../../src-main/contract/fold';
import { plain } from '../format';

/** “x = 4.5”: what a trigger sets, value by value. */
export const triggerText = ({ names, trigger }: Pick<Backdoor, 'names' | 'trigger'>): string =>
  names
    .flatMap((name, i) => (Number.isNaN(trigger[i]) ? [] : [`${name} = ${plain(trigger[i]!)}`]))
    .join(', ');
