// Records are wanted in a topic: how many went there?
import { contractOf } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { ensureTopic, sharedProducer } from '../../layers/event/kafka-client'
import { sendAll } from '../../layers/event/send'
import { paced } from './pace'
import { produceRequest } from './request'
import { recordsOf } from './source'

export const handler = lambdaFunction('produce-batch', produceRequest, async request => {
  const contract = contractOf(request.dataset)
  const records = recordsOf(contract, request, Date.now())
  const [producer] = await Promise.all([sharedProducer(), ensureTopic(contract)])
  const sent = await sendAll(producer, contract.topic, paced(records, request.rate), request.run)
  return { dataset: contract.dataset, topic: contract.topic.name, run: request.run ?? null, ...sent }
})
