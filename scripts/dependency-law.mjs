// Who may import what: the law that scripts/check-dependencies.mjs enforces. Data only.
//
// A folder of src/ may import itself, the folders in `folders`, and the packages and Node built-ins in `packages`.
// Imports point down only, so the order of this table is the order of the layers. What a layer needs from above it
// declares as an interface beside its own code, and app hands the real thing in.
//
// `walls`: sub-folders of these never import each other; what they share lies in the folder itself.
// `files`, `below`: packages that only the one named file, or the one named sub-folder, may import besides.

const ground = ['bytes', 'fault']
const formats = [...ground, 'codec', 'wire']
const documents = [...formats, 'crypto', 'netdoc']
const network = [...documents, 'netdir', 'channel']
const circuits = [...network, 'dataplane', 'circuit', 'stream']

export const layers = {
  bytes: {folders: ['fault'], packages: ['node:crypto']},
  fault: {folders: [], packages: []},
  codec: {folders: ground, packages: []},
  wire: {folders: [...ground, 'codec'], packages: []},
  crypto: {
    folders: formats,
    packages: [
      'node:crypto',
      'libsodium-wrappers',
      'libsodium-wrappers-sumo',
      '@peculiar/x509',
      'reflect-metadata'
    ],
    files: {'binding.ts': ['node:fs', 'node:module', 'node:path', 'node:url']}
  },
  netdoc: {folders: [...formats, 'crypto'], packages: ['node:buffer']},
  netdir: {folders: documents, packages: ['node:crypto']},
  datadir: {
    folders: documents,
    packages: ['node:fs', 'node:fs/promises', 'node:path'],
    files: {'lock.ts': ['node:child_process']}
  },
  channel: {folders: [...formats, 'crypto'], packages: ['node:crypto']},
  dataplane: {
    folders: [...formats, 'crypto', 'channel'],
    packages: ['node:crypto', 'node:net', 'node:stream', 'node:tls', 'node:worker_threads']
  },
  circuit: {folders: [...network, 'dataplane'], packages: ['node:crypto']},
  stream: {folders: [...network, 'dataplane', 'circuit'], packages: ['node:stream']},
  directory: {
    folders: circuits,
    packages: ['node:crypto', 'node:http', 'node:stream', 'node:zlib']
  },
  roles: {
    folders: [...circuits, 'directory'],
    packages: ['node:crypto', 'node:http', 'node:stream', 'node:zlib'],
    below: {
      relay: ['node:http', 'node:stream'],
      service: ['node:net', 'node:tls'],
      client: ['node:net', 'node:tls']
    }
  },
  pool: {
    folders: [...network, 'dataplane'],
    packages: ['piscina', 'node:os', 'node:path', 'node:url', 'node:worker_threads']
  },
  metrics: {folders: ground, packages: ['prom-client', 'node:http', 'node:perf_hooks']},
  control: {folders: [...documents, 'netdir'], packages: ['node:net', 'node:crypto']},
  log: {
    folders: ground,
    packages: ['pino', 'node:fs', 'node:os', 'node:path'],
    files: {'syslog.ts': ['node:child_process']}
  },
  config: {folders: [...ground, 'log'], packages: ['zod', 'node:fs', 'node:os', 'node:path']},
  app: {folders: 'all', packages: 'builtins', also: ['commander']},
  'index.ts': {folders: ['app', 'config'], packages: []}
}

export const walls = ['roles', 'dataplane']
