/** Colors of categories that can be told apart on white and on black; text on them is the page's own. */
const colors = ['#2e86c8', '#d9701e', '#2f9e6e', '#b05fa8', '#b8860b', '#d1495b', '#5b6fd6', '#7a8288'];

export const reportStyle = `
:root {
  color-scheme: light dark;
  --text: #1b1f24; --quiet: #57606a; --page: #ffffff; --card: #f3f5f7; --line: #d0d7de; --accent: #0b62b3;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ed; --quiet: #9aa4b0; --page: #14171b; --card: #1f242a; --line: #3a424c; --accent: #7ab8f5; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem 1rem 4rem; max-width: 84rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); background: var(--page);
}
p { max-width: 48rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 1.2rem 0 .4rem; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
a { color: var(--accent); }
small { color: var(--quiet); font-size: .8rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--page); border: 1px solid var(--line); }
dl { display: flex; flex-wrap: wrap; gap: .5rem; margin: .8rem 0; }
dl div { background: var(--card); border-radius: .5rem; padding: .4rem .8rem; }
dt { font-size: .8rem; color: var(--quiet); }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
.note { font-size: .9rem; color: var(--quiet); }
th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { vertical-align: bottom; font-size: .85rem; }
tbody th { font-weight: 400; }
.summary td, .summary thead th:not(:first-child), .number, thead th[data-sort="number"]:not(:first-child) { text-align: right; }
.number, .summary td { white-space: nowrap; }
.summary th, .summary td { padding-left: .5rem; padding-right: .5rem; }
.histograms { display: grid; grid-template-columns: minmax(14rem, 1fr) minmax(0, 3fr); gap: 0 2rem; }
.bars { list-style: none; margin: 0; padding: 0; columns: 17rem; column-gap: 2rem; }
.bars li { display: grid; grid-template-columns: 1fr 7rem; gap: .6rem; break-inside: avoid; padding: .1rem 0; }
.bars span { overflow-wrap: anywhere; }
.bar { display: flex; align-items: center; gap: .3rem; font-variant-numeric: tabular-nums; font-size: .9rem; }
.bar::before {
  content: ""; width: calc(var(--share) * 4.5rem); min-width: 2px; height: .8rem; background: var(--color); border-radius: 2px;
}
${colors.map((color, index) => `.c${index} { --color: ${color}; }`).join('\n')}
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.2rem; margin: .5rem 0; }
.filter[hidden] { display: none; }
.filter input[type="search"], .filter select, th button {
  font: inherit; color: inherit; background: var(--page); border: 1px solid var(--quiet); border-radius: .3rem; padding: .2rem .4rem;
}
.filter output { color: var(--quiet); font-variant-numeric: tabular-nums; }
.units { width: 100%; }
.units tr[hidden] { display: none; }
.units td { overflow-wrap: anywhere; }
.units small { display: block; }
.units thead th { position: sticky; top: 0; background: var(--page); z-index: 1; }
th button { border: 0; padding: 0; font-weight: 600; text-align: inherit; cursor: pointer; text-decoration: underline dotted; }
th[aria-sort="descending"] button::after { content: " \\25BC"; }
th[aria-sort="ascending"] button::after { content: " \\25B2"; }
.category { border-left: .5rem solid var(--color); padding-left: .35rem; white-space: nowrap; }
.units .tops { padding-right: 0; width: 30rem; }
.strip { display: flex; flex-wrap: wrap; gap: 3px; }
.strip svg { display: block; width: 86px; background-size: 100% 100%; }
.strip path {
  fill: #000; fill-opacity: .5; fill-rule: evenodd; stroke: #ffe600; stroke-width: 1.5; vector-effect: non-scaling-stroke;
}
@media (max-width: 75rem) {
  .units, .units thead, .units tbody, .units th, .units td { display: block; }
  .units thead tr { display: flex; flex-wrap: wrap; gap: .2rem .9rem; }
  .units thead th { position: static; border: 0; padding: .2rem 0; }
  .units tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .units tbody th, .units td { border: 0; padding: .1rem .5rem .1rem 0; text-align: left; }
  .units thead th[data-sort] { text-align: left; }
  .units tbody [data-label]::before { content: attr(data-label); display: block; font-size: .75rem; color: var(--quiet); }
  .units .tops { grid-column: 1 / -1; width: auto; }
  .strip svg { width: min(112px, calc((100vw - 2rem - 12px) / 5)); }
}
@media (max-width: 56rem) { .histograms { grid-template-columns: 1fr; } }
@media print { .filter { display: none; } * { print-color-adjust: exact; } }
`;
