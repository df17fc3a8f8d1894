// What a client tells of its way to a service, for whoever shows it: which part of it begins and how it ends. Never which
// service, and never which relays.

export type ReachPart = 'descriptor' | 'rendezvous' | 'introduction' | 'meeting'

/** Parts overlap: the place to meet is sought while the descriptor is still on its way. */
export type ReachProgress = (part: ReachPart, state: 'begun' | 'done' | 'failed') => void
