/**
 * The embedded PostgreSQL: a primary and a streaming replica in one data folder, for `npm start`, tests and benchmarks.
 * It hands out what a managed service would, and nothing of the product depends on where the addresses came from.
 */
export { startCluster, destroyCluster } from './start-cluster.ts'
export type { Cluster, ClusterOptions } from './start-cluster.ts'
export { ClusterError } from './cluster-error.ts'
export type { ClusterFailure } from './cluster-error.ts'
