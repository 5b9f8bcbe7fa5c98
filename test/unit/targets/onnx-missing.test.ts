import { expect, it, vi } from 'vitest';
import { openTarget } from '../../../src-main/targets';

vi.mock('onnxruntime-node', () => {
  throw new Error('as if it were not installed');
});

it('without the optional package an ONNX file is refused with what to install', async () => {
  const problem = await openTarget({ id: 'onnx', path: import.meta.filename }, { allows: () => true }).catch(
    (error: unknown) => error,
  );
  expect(problem).toMatchObject({
    problem: { place: 'model.id', remedy: expect.stringContaining('npm ci --include=optional') as string },
  });
});
