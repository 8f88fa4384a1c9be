import type { RouteReport } from '../../edge/index.ts';
import { barPicture, type Bar } from './bar-picture.ts';
import { html, type Html } from './html.ts';

/** Where answers differ: a bar for each field, the candidate's share of the answers over control's own unsteadiness. */
export function mismatchPicture(seen: readonly RouteReport[]): Html {
  const bars = seen.flatMap(barsOf);
  if (bars.length === 0) return html`<p class="quiet">No field differs.</p>`;
  const key = html`<span class="key candidate"></span> answers in which the candidate differs ·
    <span class="key control"></span> in which control differs from itself`;
  return barPicture(bars, { label: 'Mismatches by route and field', key, rest: 'fields more differ less often.' });
}

function barsOf({ counts }: RouteReport): Bar[] {
  const samples = Math.max(1, counts.samples);
  const pairs = Math.max(1, counts.pairs);
  return counts.fields.map((field) => {
    const name = `${counts.route} ${field.path}`;
    return {
      name,
      title: `${name}: ${field.class}, ${field.severity}`,
      candidate: (field.candidateOnly + field.unpaired) / samples,
      control: (field.controlOnly + field.both) / pairs,
    };
  });
}
