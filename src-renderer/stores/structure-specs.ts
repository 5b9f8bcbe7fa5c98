/**
 * `training:` and `evaluation:` belong to no definition, so the catalog has no specs for them. They are read from the
 * experiment's JSON Schema, which is what the validation itself is made of.
 */
import type { Catalog, Task } from '../../src-main/contract/catalog';
import { experimentJsonSchema } from '../../src-main/contract/experiment';
import type { ParamSpec, ParamSpecs } from '../../src-main/contract/params';

interface Property {
  type: 'integer' | 'number' | 'string' | 'boolean';
  default?: number | string | boolean;
  description?: string;
  unit?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

function specOf(property: Property): ParamSpec {
  const described = { help: property.description ?? '', ...(property.unit ? { unit: property.unit } : {}) };
  if (property.enum) {
    return { kind: 'choice', options: property.enum, default: String(property.default), ...described };
  }
  if (property.type === 'boolean')
    return { kind: 'boolean', default: property.default === true, ...described };
  const min = property.exclusiveMinimum ?? property.minimum;
  const range = {
    integer: property.type === 'integer',
    exclusiveMin: property.exclusiveMinimum !== undefined,
    ...(min !== undefined ? { min } : {}),
    ...(property.maximum !== undefined ? { max: property.maximum } : {}),
  };
  return typeof property.default === 'number'
    ? { kind: 'number', default: property.default, ...range, ...described }
    : { kind: 'derived-number', derived: 'optional', ...range, ...described };
}

export function structureSpecs(
  catalog: Catalog,
  task: Task,
): { training: ParamSpecs; evaluation: ParamSpecs } {
  const schema = experimentJsonSchema(catalog) as {
    properties: Record<'training' | 'evaluation', { properties: Record<string, Property> }>;
  };
  const read = (key: 'training' | 'evaluation', wanted: (name: string) => boolean): ParamSpecs =>
    Object.fromEntries(
      Object.entries(schema.properties[key].properties)
        .filter(([name]) => wanted(name))
        .map(([name, property]) => [name, specOf(property)]),
    );
  const classification = task === 'classification';
  return {
    training: classification ? read('training', () => true) : {},
    evaluation: read('evaluation', (name) => (name === 'episodes') !== classification),
  };
}
