// From the description of a dashboard to the JSON that Grafana reads, by way of Grafana's own builders, whose types say what
// a dashboard may contain. Panels are laid out in rows of three; `{$}` in an expression stands for the chosen relays.

import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort
} from '@grafana/grafana-foundation-sdk/dashboard'
import {DataqueryBuilder} from '@grafana/grafana-foundation-sdk/prometheus'
import {PanelBuilder as StatBuilder} from '@grafana/grafana-foundation-sdk/stat'
import {PanelBuilder as StateTimelineBuilder} from '@grafana/grafana-foundation-sdk/statetimeline'
import {PanelBuilder as TableBuilder} from '@grafana/grafana-foundation-sdk/table'
import {PanelBuilder as TimeSeriesBuilder} from '@grafana/grafana-foundation-sdk/timeseries'

/** What the variables choose. */
export const CHOSEN = 'job=~"$job",instance=~"$instance"'

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable, not ours
const DATASOURCE = {type: 'prometheus', uid: '${datasource}'}
const BUILDERS = {
  timeseries: TimeSeriesBuilder,
  stat: StatBuilder,
  state: StateTimelineBuilder,
  table: TableBuilder
}
const COLUMNS = 24
/** Width and height on Grafana's grid. */
const SIZES = {timeseries: [8, 8], stat: [4, 4], state: [12, 8], table: [12, 4]}

export function expression(text) {
  return text.replaceAll('{$', `{${CHOSEN}`)
}

/** The dashboard as JSON text, which regenerates without a difference. */
export function buildDashboard({uid, title, description, rows}) {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['ramson', 'tor'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({from: 'now-6h', to: 'now'})
    .refresh('1m')
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(variable('job', 'Job', 'label_values(ramson_build_info, job)'))
    .withVariable(variable('instance', 'Relay', 'label_values(ramson_build_info{job=~"$job"}, instance)'))
  let id = 0
  let top = 0
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).gridPos({x: 0, y: top, w: COLUMNS, h: 1}))
    top++
    let [left, tallest] = [0, 0]
    for (const panel of row.panels) {
      const [width, height] = SIZES[panel.kind ?? 'timeseries']
      if (left + width > COLUMNS) {
        top += tallest
        left = 0
        tallest = 0
      }
      builder.withPanel(buildPanel(panel, ++id).gridPos({x: left, y: top, w: width, h: height}))
      left += width
      tallest = Math.max(tallest, height)
    }
    top += tallest
  }
  return `${JSON.stringify(builder.build(), undefined, 2)}\n`
}

function variable(name, label, query) {
  return new QueryVariableBuilder(name)
    .label(label)
    .hide(VariableHide.DontHide)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({selected: true, text: 'All', value: '$__all'})
}

function buildPanel({title, description, kind = 'timeseries', unit, queries}, id) {
  const panel = new BUILDERS[kind]()
    .id(id)
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
  for (const [i, [expr, legend]] of queries.entries()) {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .datasource(DATASOURCE)
      .expr(expression(expr))
      .legendFormat(legend)
    if (kind === 'table') query.format('table').instant()
    else query.range()
    panel.withTarget(query)
  }
  return panel
}
