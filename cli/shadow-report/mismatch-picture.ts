import type { FieldCounts, RouteReport } from '../../edge/index.ts';
import { html, raw, type Html } from './html.ts';

interface Bar {
  readonly route: string;
  readonly field: FieldCounts;
  readonly candidate: number;
  readonly control: number;
}

const MOST_BARS = 25;
const [WIDTH, ROW, LABEL] = [1040, 26, 460];

/** Where answers differ: a bar for each field, the candidate's share of the answers over control's own unsteadiness. */
export function mismatchPicture(seen: readonly RouteReport[]): Html {
  const bars = seen.flatMap(barsOf).toSorted((a, b) => b.candidate - a.candidate);
  const shown = bars.slice(0, MOST_BARS);
  if (shown.length === 0) return html`<p class="quiet">No field differs.</p>`;
  const top = Math.max(...shown.map(({ candidate, control }) => Math.max(candidate, control)));
  const height = shown.length * ROW + 4;
  const rest = bars.length > shown.length ? `${bars.length - shown.length} fields more differ less often.` : '';
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Mismatches by route and field">
      ${shown.map((bar, i) => row(bar, i * ROW, top))}
    </svg>
    <figcaption>
      <span class="key candidate"></span> answers in which the candidate differs · <span class="key control"></span> in
      which control differs from itself ${rest}
    </figcaption>
  </figure>`;
}

function barsOf({ counts }: RouteReport): Bar[] {
  const samples = Math.max(1, counts.samples);
  const pairs = Math.max(1, counts.pairs);
  return counts.fields.map((field) => ({
    route: counts.route,
    field,
    candidate: (field.candidateOnly + field.unpaired) / samples,
    control: (field.controlOnly + field.both) / pairs,
  }));
}

function row({ route, field, candidate, control }: Bar, y: number, top: number): Html {
  const room = WIDTH - LABEL - 120;
  const width = (share: number): string => ((room * share) / top || 0).toFixed(1);
  const name = `${route} ${field.path}`;
  const shown = name.length > 68 ? `${name.slice(0, 30)}…${name.slice(-36)}` : name;
  const after = LABEL + room * (Math.max(candidate, control) / top) + 6;
  return html`<g>
    <title>${name}: ${field.class}, ${field.severity}</title>
    <text x="${LABEL - 8}" y="${y + 16}" text-anchor="end">${shown}</text>
    ${raw(`<rect class="candidate" x="${LABEL}" y="${y + 3}" width="${width(candidate)}" height="10" />`)}
    ${raw(`<rect class="control" x="${LABEL}" y="${y + 14}" width="${width(control)}" height="6" />`)}
    <text x="${after.toFixed(1)}" y="${y + 14}">${percent(candidate)} / ${percent(control)}</text>
  </g>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
}
