import { expect, it } from '@jest/globals';
import { runProcess } from './process.ts';

const program = new URL('process.fixture.ts', import.meta.url);

it('hears the whole of a long last message', async () => {
  const rows = await runProcess<readonly (readonly number[])[]>(program, { rows: 200_000, exitCode: 0 });
  expect(rows).toHaveLength(200_000);
  expect(rows.at(-1)).toEqual([199_999, 199_999 / 3]);
});

it('names the program that ended without a word', async () => {
  await expect(runProcess(program, { rows: 1, exitCode: 3 })).rejects.toThrow(
    'process.fixture.ts ended without a word',
  );
});
