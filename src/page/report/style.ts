/** Of a report that is filed on paper: black on white, A4. */
export const REPORT_STYLE = `
@page { size: A4; margin: 18mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 46rem; color: #16191d; background: #fff;
  font: 10.5pt/1.45 system-ui, sans-serif; overflow-wrap: anywhere; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 .2rem; }
h2 { font-size: 13pt; margin: 1.6rem 0 .5rem; border-bottom: 1px solid #9aa3af; padding-bottom: .2rem; break-after: avoid; }
.sub { color: #4b5563; margin: 0; }
.verdict { margin: 1rem 0; padding: .8rem 1rem; border: 2px solid; break-inside: avoid; }
.verdict strong { font-size: 14pt; }
.verdict p { margin: .5rem 0 0; color: #16191d; }
.good { color: #14683a; }
.warning { color: #7a4a00; }
.bad { color: #a8201a; }
.verdict p.alarm { color: #a8201a; font-weight: 700; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem .3rem 0; border-bottom: 1px solid #d5dae1; }
tr { break-inside: avoid; }
th[scope=row] { width: 38%; font-weight: 500; color: #4b5563; }
.mono td { font: 8.5pt/1.4 ui-monospace, monospace; }
.answer { white-space: nowrap; font-weight: 700; width: 6.5rem; }
.evidence { color: #4b5563; }
figure { margin: 1rem 0; break-inside: avoid; }
figcaption { font-weight: 600; }
.legend { margin: .3rem 0; }
.legend span { white-space: nowrap; margin-right: 1rem; }
figure > svg { width: 100%; height: auto; }
figure text { font: 11px system-ui, sans-serif; fill: #4b5563; }
footer { margin-top: 2rem; color: #4b5563; font-size: 9pt; }
@media print { body { padding: 0; max-width: none; } }
`
