import { describe, expect, it } from 'vitest';
import { SERIES } from '../../../src-main/contract/metrics';
import { frameHeight, framed } from '../../../src-renderer/charts/framed';
import { printSize, toSvg } from '../../../src-renderer/charts/figure';
import {
  extentsOf,
  extremes,
  overlayOption,
  recordedLines,
  recordedOption,
  smoothed,
  smoothedLines,
  smoothedOption,
} from '../../../src-renderer/charts/overlay';
import { logScale } from '../../../src-renderer/charts/log-axis';
import { withResolution } from '../../../src-renderer/charts/png';
import { PAPER } from '../../../src-renderer/theme/paper';
import { palette } from './palette';

describe('smoothing', () => {
  it('is the average freed from its start', () => {
    // 0.5: averages 1, 2, 3 weighted from the last back: 1; (1 + 2·2)/3; (1 + 2·2 + 4·3)/7.
    const { x, y } = smoothed({ x: [1, 2, 3], y: [1, 2, 3] }, 0.5);
    expect(x).toEqual([1, 2, 3]);
    [1, 5 / 3, 17 / 7].forEach((value, i) => expect(y[i]).toBeCloseTo(value, 12));
  });
  it('leaves what is no number where it was', () => {
    expect(smoothed({ x: [1, 2, 3], y: [1, NaN, 1] }, 0.9).y).toEqual(new Float64Array([1, NaN, 1]));
  });
});

it('a long curve keeps its spikes', () => {
  const y = new Float64Array(10_000);
  y[4321] = 7;
  y[4322] = -7;
  const kept = extremes(y);
  expect(kept.length).toBeLessThanOrEqual(500);
  expect(kept).toContain(4321);
  expect(kept).toContain(4322);
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
});

describe('a logarithmic axis', () => {
  it('ends at the nearest numbers of one digit, not at whole decades', () => {
    expect(logScale([0.17, 2.31])).toEqual({ min: 0.1, max: 3, ticks: [0.1, 0.2, 0.5, 1, 2] });
    expect(logScale([0.23, 0.61])).toEqual({ min: 0.2, max: 0.7, ticks: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7] });
    expect(logScale([1, 10_000])).toEqual({ min: 1, max: 10_000, ticks: [1, 10, 100, 1000, 10_000] });
    expect(logScale([3e-12, 40])).toMatchObject({
      min: 3e-12,
      ticks: [1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1],
    });
  });
  it('has room for one value, and a decade for none', () => {
    expect(logScale([0.5, 0.5])).toMatchObject({ min: 0.5, max: 0.6 });
    expect(logScale([Infinity, -Infinity])).toMatchObject({ min: 1, max: 10 });
  });
});

describe('curves over each other', () => {
  const line = { name: 'a', color: 1, curves: [{ x: [0, 1, 2], y: [-1, 1, 2] }] };
  it('are drawn as recorded, pale, and smoothed', () => {
    const { series } = overlayOption(
      [line],
      SERIES['loss']!,
      { smoothing: 0.5, raw: true, logX: false, logY: false },
      palette,
    );
    expect((series as { name?: string }[]).map(({ name }) => name)).toEqual([undefined, 'a']);
  });
  it('lie in the frame of those beneath, which smoothing leaves as they are', () => {
    const scales = { logX: false, logY: false };
    const recorded = recordedLines([line], SERIES['loss']!, scales);
    const drawn = smoothedLines([line], SERIES['loss']!, { smoothing: 0.5, ...scales });
    // −1, 1/3, 9/7: within what is recorded.
    expect(extentsOf([...recorded, ...drawn])).toEqual(extentsOf(recorded));
    const rest = [SERIES['loss']!, extentsOf(recorded), scales, palette] as const;
    const [under, over] = [recordedOption(recorded, ...rest), smoothedOption(drawn, ...rest)];
    expect(over.grid).toEqual(under.grid);
    expect([under.xAxis, under.yAxis]).toMatchObject([
      { min: 0, dataMax: 2 },
      { dataMin: -1, dataMax: 2 },
    ]);
    expect([over.xAxis, over.yAxis]).toMatchObject([
      { min: 0, dataMax: 2, show: false },
      { dataMin: -1, dataMax: 2, show: false },
    ]);
  });
  it('keep the ticks of their axes where nothing is shown as recorded', () => {
    const scales = { logX: false, logY: false };
    const recorded = recordedLines([line], SERIES['loss']!, scales);
    const texts = (lines: typeof recorded) => {
      const option = recordedOption(lines, SERIES['loss']!, extentsOf(recorded), scales, PAPER);
      return toSvg(option, { width: 760, height: 300 }).match(/>[^<>]+<\/text>/g);
    };
    expect(texts([])).toEqual(texts(recorded));
    expect(texts([])!.length).toBeGreaterThan(6);
  });
  it('leave out what a logarithm has no place for', () => {
    const { series, xAxis, yAxis } = overlayOption(
      [line],
      SERIES['loss']!,
      { smoothing: 0, raw: false, logX: true, logY: true },
      palette,
    );
    expect((series as { data: unknown }[])[0]!.data).toEqual(new Float64Array([1, 1, 2, 2]));
    expect([xAxis, yAxis]).toMatchObject([
      { type: 'log', min: 1, max: 2 },
      { type: 'log', min: 1, max: 2 },
    ]);
  });
});

describe('figures', () => {
  const size = { width: 760, height: 300 };
  const option = overlayOption(
    [{ name: 'a', color: 1, curves: [{ x: [0, 1], y: [0, 1] }] }],
    SERIES['loss']!,
    { smoothing: 0, raw: false, logX: false, logY: false },
    PAPER,
  );
  it('have the size of print, in the light inks, without a window', () => {
    expect(printSize(size)).toEqual({ width: 170, height: 67.11 });
    const svg = toSvg(option, size);
    expect(svg).toMatch(/^<svg width="170mm" height="67.11mm"/);
    expect(svg).toContain('viewBox="0 0 760 300"');
    expect(PAPER.surface).toBe('#ffffff');
    expect(PAPER.arms).toHaveLength(8);
    expect(svg).toContain(PAPER.arms[1]!);
  });
  it('have their title and what the colours mean', () => {
    const legend = [{ label: 'Undefended', color: '#123456' }];
    const whole = framed(option, { title: 'Loss', legend, width: 760 }, PAPER);
    const svg = toSvg(whole, { width: 760, height: 300 + frameHeight(legend, 760) });
    for (const said of ['Loss', 'Undefended', '#123456']) expect(svg).toContain(said);
    expect((whole.grid as { top: number; bottom: number }[])[0]).toMatchObject({ top: 40, bottom: 64 });
  });
  it('as PNG say their resolution', () => {
    // A black pixel.
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
    const bytes = Buffer.from(withResolution(png, 2835), 'base64');
    // The chunk of 72 dots an inch, as every program writes it.
    expect(bytes.subarray(33, 54).toString('hex')).toBe('000000097048597300000b1300000b1301009a9c18');
    expect(bytes.subarray(54)).toEqual(Buffer.from(png, 'base64').subarray(33));
  });
});
