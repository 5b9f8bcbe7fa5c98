/** Every registry entry passes the same suite: a new file is tested by being there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { experimentJsonSchema } from '../../src-main/contract/experiment';
import { catalog } from '../../src-main/contract/catalog-data';
import { fullCatalog } from '../../src-main/worker/full-catalog';

describe('catalog', () => {
  it('is what the definitions say (run `npm run catalog` when this fails)', () => {
    expect(JSON.parse(JSON.stringify(fullCatalog()))).toEqual(catalog);
  });

  it('has no two entries of one kind and id', () => {
    const keys = catalog.map(({ kind, id }) => `${kind} ${id}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('publishes a JSON Schema that names every definition', () => {
    const text = JSON.stringify(experimentJsonSchema(catalog));
    for (const { id, kind } of catalog) if (kind !== 'exporter') expect(text).toContain(`"${id}"`);
  });

  describe.each(catalog.map((entry) => [`${entry.kind} ${entry.id}`, entry] as const))(
    '%s',
    (_name, entry) => {
      it('tells what it is and where it is from', () => {
        expect(entry.title.length).toBeGreaterThan(2);
        expect(entry.summary.length).toBeGreaterThan(30);
        expect(entry.tasks.length).toBeGreaterThan(0);
        const { authors, title, year, where } = entry.reference;
        expect([authors, title, where].every((text) => text.length > 3)).toBe(true);
        expect(year).toBeGreaterThan(1950);
      });

      it('explains each parameter, with a default in its range', () => {
        for (const [name, spec] of Object.entries(entry.params)) {
          expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
          expect(spec.help.length, name).toBeGreaterThan(5);
          if (spec.kind === 'number') {
            if (spec.integer) expect(Number.isInteger(spec.default), name).toBe(true);
            if (spec.min !== undefined) expect(spec.default, name).toBeGreaterThanOrEqual(spec.min);
            if (spec.max !== undefined) expect(spec.default, name).toBeLessThanOrEqual(spec.max);
          }
          if (spec.kind === 'choice') expect(spec.options, name).toContain(spec.default);
          if (spec.kind === 'derived-number') expect(spec.derived.length, name).toBeGreaterThan(3);
          if (spec.kind === 'attack' || spec.kind === 'attacks') {
            for (const given of [spec.default].flat()) {
              expect(
                catalog.some(
                  ({ kind, id, surface }) => kind === 'attack' && id === given.id && surface === spec.surface,
                ),
              ).toBe(true);
            }
          }
        }
      });
    },
  );
});

it('the generated file is committed as generated', () => {
  const text = readFileSync('src-main/contract/catalog.generated.json', 'utf8');
  expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
});
