import { durationText, whyOf, type WireReport } from '../../cutover/index.ts';
import type { RouteVerdict } from '../../edge/index.ts';
import { html, raw, type Html } from './html.ts';
import { latencyPicture } from './latency-picture.ts';
import { mismatchPicture } from './mismatch-picture.ts';
import { REPORT_STYLE } from './report-style.ts';
import { boundText } from './report-text.ts';
import { samplesView } from './samples-view.ts';
import { writesView } from './writes-view.ts';

/** A run as one page: no script, nothing from elsewhere, so that it can be kept and sent. */
export function reportPage(report: WireReport): string {
  const { run, seen } = report;
  const title = `Shadow run ${run.name} of ${run.unit}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${raw(REPORT_STYLE)}
        </style>
      </head>
      <body>
        ${heading(report)}
        <h2>Routes</h2>
        ${routesTable(report.routes)}
        <h2>Mismatches by route and field</h2>
        ${mismatchPicture(seen)} ${writesView(report.writes)}
        <h2>Time to first byte</h2>
        ${seen.map(
          (route) =>
            html`<h3><code>${route.counts.route}</code></h3>
              ${latencyPicture(route)}`,
        )}
        <h2>Samples</h2>
        ${seen.some(({ kept }) => kept.length > 0) ? seen.map(samplesView) : html`<p class="quiet">No mismatch was kept.</p>`}
        ${rulesPart(report)} ${configuration(report)}
      </body>
    </html>`;
  return `${page.markup}\n`;
}

function heading({ run, verdict, isCurrent, rules }: WireReport): Html {
  const until = run.endedAt ?? Date.now();
  const state = run.endedAt === undefined ? 'goes on' : `ended: ${run.end}`;
  const stale = isCurrent ? html`` : html`<p class="inconclusive">The plan’s rules have changed since this run.</p>`;
  const except = rules.length > 0 ? html` · equal except ${rules.length} rules` : html``;
  return html`<header>
    <p class="quiet">Shadow run of ${run.unit}</p>
    <h1>${run.name} <span class="verdict ${verdict}">${verdict}</span></h1>
    <p class="quiet">
      ${new Date(run.startedAt).toISOString()} · ${durationText(until - run.startedAt)} · ${state} · by ${run.who}:
      ${run.reason}${except}
    </p>
    ${stale}
  </header>`;
}

function routesTable(routes: readonly RouteVerdict[]): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th>route</th>
          <th>verdict</th>
          <th class="number">samples</th>
          <th class="number">mismatches</th>
          <th class="number">bound</th>
          <th>why</th>
        </tr>
      </thead>
      <tbody>
        ${routes.map(routeRow)}
      </tbody>
    </table>
  </div>`;
}

function routeRow(route: RouteVerdict): Html {
  return html`<tr>
    <td><code>${route.route}</code></td>
    <td><span class="verdict ${route.verdict}">${route.verdict}</span></td>
    <td class="number">${route.samples}</td>
    <td class="number">${route.mismatches}</td>
    <td class="number">${boundText(route)}</td>
    <td>${whyOf(route)}</td>
  </tr>`;
}

function rulesPart({ rules }: WireReport): Html {
  if (rules.length === 0) return html``;
  const rows = rules.map(
    ({ rule, state, samples, daysLeft }) =>
      html`<tr>
        <td>${rule.rule} <code>${rule.path}</code></td>
        <td>${rule.route ?? 'every route'}</td>
        <td>${state}</td>
        <td class="number">${samples}</td>
        <td>${rule.expires}, ${daysLeft} days left</td>
        <td>${rule.owner}: ${rule.reason}</td>
      </tr>`,
  );
  return html`<h2>Rules</h2>
    <table>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function configuration({ run, skipped }: WireReport): Html {
  const left = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return html`<h2>How it was made</h2>
    <p>Configuration <code>${run.digest}</code>, sampling <code>${JSON.stringify(run.sampling)}</code>.</p>
    <p>Not mirrored or not judged: ${left.join(', ') || 'none'}.</p>`;
}
