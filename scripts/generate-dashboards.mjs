// The dashboards of Grafana, from their descriptions in grafana/source.

import {buildDashboard} from '../grafana/source/build.mjs'
import dataPlane from '../grafana/source/data-plane.mjs'
import fleet from '../grafana/source/fleet.mjs'
import handshakes from '../grafana/source/handshakes.mjs'
import hostedService from '../grafana/source/hosted-service.mjs'
import onionRoles from '../grafana/source/onion-roles.mjs'
import overview from '../grafana/source/overview.mjs'

const dashboards = {
  overview,
  'onion-roles': onionRoles,
  'data-plane': dataPlane,
  handshakes,
  'hosted-service': hostedService,
  fleet
}

/** Resolves to a Map from path, relative to the root, to content. */
export async function generateDashboards() {
  return new Map(
    Object.entries(dashboards).map(([name, dashboard]) => [
      `grafana/dashboards/${name}.json`,
      buildDashboard(dashboard)
    ])
  )
}
