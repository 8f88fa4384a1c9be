import { html, raw, type Html } from './html.ts';

/** One line of a picture: shares of what was compared, 0 to 1. */
export interface Bar {
  readonly name: string;
  /** Shown when somebody points at it. */
  readonly title: string;
  readonly candidate: number;
  /** Drawn below, where there is one. */
  readonly control?: number;
}

export interface BarTexts {
  readonly label: string;
  readonly key: Html;
  /** What the bars are of, when there are more than are shown. */
  readonly rest: string;
}

const MOST_BARS = 25;
const [WIDTH, ROW, LABEL] = [1040, 26, 460];

/** The longest bars, longest first. */
export function barPicture(all: readonly Bar[], { label, key, rest }: BarTexts): Html {
  const bars = all.toSorted((a, b) => b.candidate - a.candidate).slice(0, MOST_BARS);
  const top = Math.max(...bars.map(({ candidate, control = 0 }) => Math.max(candidate, control)));
  const left = all.length > bars.length ? `${all.length - bars.length} ${rest}` : '';
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${bars.length * ROW + 4}" role="img" aria-label="${label}">
      ${bars.map((bar, i) => row(bar, i * ROW, top))}
    </svg>
    <figcaption>${key} ${left}</figcaption>
  </figure>`;
}

function row({ name, title, candidate, control }: Bar, y: number, top: number): Html {
  const room = WIDTH - LABEL - 120;
  const width = (share: number): string => ((room * share) / top || 0).toFixed(1);
  const shown = name.length > 68 ? `${name.slice(0, 30)}…${name.slice(-36)}` : name;
  const after = LABEL + room * (Math.max(candidate, control ?? 0) / top) + 6;
  const shares = [candidate, ...(control === undefined ? [] : [control])].map(percent).join(' / ');
  const rect = (side: string, at: number, height: number, share: number): Html =>
    raw(`<rect class="${side}" x="${LABEL}" y="${y + at}" width="${width(share)}" height="${height}" />`);
  return html`<g>
    <title>${title}</title>
    <text x="${LABEL - 8}" y="${y + 16}" text-anchor="end">${shown}</text>
    ${rect('candidate', 3, 10, candidate)} ${control === undefined ? html`` : rect('control', 14, 6, control)}
    <text x="${after.toFixed(1)}" y="${y + 14}">${shares}</text>
  </g>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
}
