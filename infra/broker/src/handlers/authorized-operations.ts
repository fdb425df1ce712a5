// What may a client do with topics, groups and the cluster? Everything: there are no ACLs.

/** Operations as Kafka numbers them; a set of them is an int32 with their bits. */
const operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12
}

function setOf(...names: (keyof typeof operation)[]): number {
  return names.reduce((bits, name) => bits | (1 << operation[name]), 0)
}

export const topicOperations = setOf('read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs')
export const groupOperations = setOf('read', 'delete', 'describe', 'describeConfigs', 'alterConfigs')
export const clusterOperations = setOf('create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite')
