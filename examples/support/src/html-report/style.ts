export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1b1f24; --quiet: #57606a; --page: #ffffff; --card: #f3f5f7; --line: #d0d7de; --accent: #0b62b3;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ed; --quiet: #9aa4b0; --page: #14171b; --card: #1f242a; --line: #3a424c; --accent: #7ab8f5; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto; padding: 1rem 1rem 4rem; max-width: 60rem;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  color: var(--text); background: var(--page);
}
p { max-width: 44rem; margin: .6rem 0; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.1rem 0 .4rem; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--page); border: 1px solid var(--line); }
nav ol { padding-left: 1.3rem; }
dl { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; }
dl div { background: var(--card); border-radius: .5rem; padding: .5rem .9rem; }
dt { font-size: .85rem; color: var(--quiet); }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
figure { margin: 1.2rem 0; }
figcaption, caption { max-width: 44rem; text-align: left; font-size: .9rem; color: var(--quiet); margin: .5rem 0; }
.row { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, max-content)); gap: .8rem; margin-top: .8rem; }
.cell { display: flex; flex-direction: column; }
.cell img {
  max-width: 100%; height: auto; object-fit: contain; image-rendering: pixelated; border: 1px solid var(--line);
}
.label { font-weight: 600; font-size: .9rem; margin-top: .25rem; }
.note { font-size: .9rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.chart svg { display: block; max-width: 100%; height: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { text-align: right; padding: .25rem .8rem; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: 400; }
@media (max-width: 30rem) {
  .row { gap: .4rem; }
  .note, .label { font-size: .8rem; line-height: 1.3; overflow-wrap: anywhere; }
}
`;
