// Consensus methods (dir-spec 3.8.1): each number is a set of rules for computing a consensus, and authorities use the
// highest that more than two thirds of them know. What differs between the methods that we know is here.

/** The methods of C tor 0.4.9 that need nothing which private networks have no use for (33 and below list packages). */
export const CONSENSUS_METHODS: readonly number[] = [34, 35]

/** From here on microdescriptors list the keys of families (proposal 321). */
export const METHOD_FOR_FAMILY_IDS = 35

/** The time of publication that a microdesc consensus gives for every relay from method 33 on. */
export const NO_PUBLISHED = '2038-01-01 00:00:00'
