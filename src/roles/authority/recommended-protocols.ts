// The subprotocols that our votes recommend and require: those of C tor 0.4.9, so that authorities of both agree.

import type {VotedProtocols} from '../../netdoc/vote/vote.ts'

const RELAYS =
  'Cons=2 Desc=2 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 LinkAuth=3 Microdesc=2 Relay=2-4'

export const RECOMMENDED_PROTOCOLS: VotedProtocols = {
  recommendedClient:
    'Cons=2 Desc=2 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4 HSRend=2 Link=4-5 Microdesc=2 Relay=2-4',
  recommendedRelay: RELAYS,
  requiredClient: 'Cons=2 Desc=2 FlowCtrl=1 Link=4 Microdesc=2 Relay=2',
  requiredRelay: RELAYS
}
