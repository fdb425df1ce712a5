// How many pollers does a mapping want? Judged from its lag, within its bounds and never more than partitions.

/** AWS evaluates the lag of a mapping every minute. */
export const SCALING_INTERVAL_MS = 60_000
/**
 * Judgements without a backlog after which one poller less is wanted: undocumented on AWS, which says that scaling takes up to three minutes.
 */
export const QUIET_JUDGEMENTS = 3

export interface Load {
  pollers: number
  /** Records between the committed offsets and the ends of the partitions. */
  lag: number
  /** Records that were worked off since the last judgement. */
  progress: number
  /** Judgements in a row before this one that found no backlog. */
  quiet: number
}

export interface Bounds {
  minimum: number
  maximum: number
  partitions: number
}

/**
 * A backlog is what the pollers of the moment would not work off until the next judgement at their pace of the last interval: then there are
 * twice as many. Undocumented on AWS.
 */
export const hasBacklog = ({ lag, progress }: Load): boolean => lag > progress

/** @returns how many pollers there should be from now on */
export function wantedPollers(load: Load, { minimum, maximum, partitions }: Bounds): number {
  const wanted = hasBacklog(load) ? load.pollers * 2 : load.quiet + 1 >= QUIET_JUDGEMENTS ? load.pollers - 1 : load.pollers
  return Math.min(Math.max(Math.min(wanted, maximum), minimum), partitions)
}
