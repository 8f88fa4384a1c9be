/** Light and dark, without anything from elsewhere. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --bg: #fff; --ink: #1c2430; --quiet: #5c6875; --line: #d8dee6; --panel: #f6f8fa;
  --control: #4f6d8f; --candidate: #d9730d; --pass: #1a7f45; --fail: #c0262d; --inconclusive: #9a6700; --mark: #ffe7b3; }
@media (prefers-color-scheme: dark) { :root { --bg: #12161c; --ink: #e4e9f0; --quiet: #98a4b3; --line: #2c3541;
  --panel: #1a2029; --control: #7fa6d4; --candidate: #f0964a; --pass: #4cc38a; --fail: #ff7b7b; --inconclusive: #e0b04c;
  --mark: #5a4310; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 72rem; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
.quiet, figcaption, caption { color: var(--quiet); } code { font: 13px ui-monospace, monospace; }
.verdict { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-weight: 600; }
.pass { color: var(--pass); } .fail, .blocker { color: var(--fail); } .inconclusive, .major { color: var(--inconclusive); }
.minor { color: var(--quiet); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; color: var(--quiet); font-size: .85rem; } td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
figure { margin: .4rem 0 1rem; padding: .8rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font: 11px ui-monospace, monospace; }
svg line { stroke: var(--line); }
svg path { stroke-width: 1.5; fill-opacity: .28; } svg rect { opacity: .9; }
svg .control { fill: var(--control); stroke: var(--control); } svg .candidate { fill: var(--candidate); stroke: var(--candidate); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; vertical-align: -1px; }
.key.control { background: var(--control); } .key.candidate { background: var(--candidate); }
.sample { margin: .6rem 0 1.2rem; } .sample caption { text-align: left; font-size: .85rem; }
mark { background: var(--mark); color: inherit; border-radius: .2rem; padding: 0 .2rem; } details { margin: .5rem 0; }
summary { cursor: pointer; }
`;
