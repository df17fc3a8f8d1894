// How the status page looks: readable at 400 pixels and at 1280, in light and in dark, with the system's own fonts.

export const style = `
:root {
  --ground: #fbfaf7; --card: #ffffff; --text: #1d2125; --soft: #5c6670; --line: #e2dfd8;
  --accent: #5b3f8c; --good: #2f7d4f; --bad: #b3372f; --busy: #9a6a12;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171a; --card: #1d2024; --text: #e7e5e0; --soft: #9aa3ad; --line: #30353b;
    --accent: #b79bf0; --good: #6cc492; --bad: #f0837a; --busy: #e0b25a;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif }
body.gone main { opacity: .45 }
h1 { margin: 0; font-size: 1.4rem; letter-spacing: -.01em }
header p { margin: .15rem 0 1.25rem; color: var(--soft) }
h2 { margin: 0 0 .6rem; font-size: .8rem; font-weight: 600; text-transform: uppercase; letter-spacing: .06em; color: var(--soft) }
section { margin: 0 0 1rem; padding: 1rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
ol { list-style: none; margin: 0; padding: 0 }
.steps li { display: grid; grid-template-columns: 1.4rem minmax(12rem, 20rem) 5rem 1fr; gap: .1rem .6rem; padding: .2rem 0 }
.steps .mark { font-weight: 700; color: var(--soft) }
.steps .done .mark { color: var(--good) } .steps .failed .mark { color: var(--bad) } .steps .running .mark { color: var(--busy) }
.steps .waiting { color: var(--soft) }
.ms, .number { font-variant-numeric: tabular-nums; text-align: right }
.detail { color: var(--soft); overflow-wrap: anywhere }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 }
.facts dt { color: var(--soft) } .facts dd { margin: 0; min-width: 0 }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; margin: 0 0 1rem }
.panels section { margin: 0 }
.panels dd { display: flex; gap: .6rem; justify-content: space-between; align-items: center; overflow-wrap: anywhere }
.panels .good { color: var(--good) } .panels .bad { color: var(--bad) } .panels .busy { color: var(--busy) }
meter { width: 4rem; flex: none; height: .8rem }
code { font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; color: var(--accent) }
table { width: 100%; border-collapse: collapse }
th { text-align: left; font-size: .8rem; font-weight: 600; color: var(--soft); padding: 0 .6rem .3rem 0 }
th:nth-child(n+4) { text-align: right }
td { padding: .28rem .6rem .28rem 0; border-top: 1px solid var(--line); vertical-align: top }
td.name { font-weight: 600 } td.flags { color: var(--soft); font-size: .85rem }
.notices li { display: grid; grid-template-columns: 5rem 1fr; gap: .6rem; padding: .12rem 0 }
.notices span { overflow-wrap: anywhere; min-width: 0 }
.notices time { color: var(--soft); font-variant-numeric: tabular-nums }
.notices .warn, .notices .err { color: var(--bad) }
@media (max-width: 720px) {
  body { padding: 1rem .75rem 2rem }
  .steps li { grid-template-columns: 1.2rem 1fr 4.5rem } .steps .detail { grid-column: 2 / -1 }
  .facts { grid-template-columns: 1fr; gap: 0 } .facts dd { margin-bottom: .5rem }
  .panels .facts { grid-template-columns: max-content 1fr; gap: .2rem 1rem } .panels .facts dd { margin: 0 }
  thead { display: none }
  tr { display: block; border-top: 1px solid var(--line); padding: .45rem 0 }
  td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .05rem 0; text-align: right }
  td::before { content: attr(data-label); color: var(--soft); font-weight: 400; text-align: left }
  .notices li { grid-template-columns: 1fr; gap: 0 }
}
`
