// Where does an error stand in the answer of an API? At its top, in an element of a list, or in a partition of a topic.

/** A message whose fields are looked up by name: what is the same for all APIs is written once here. */
export type Message = Record<string, unknown>

/** What a request can be about, and a fault be narrowed to. */
export type Subject = 'topic' | 'partition' | 'group' | 'transactionalId'

/** Which parts of a request a fault is meant for. */
export interface Meant {
  /** A topic by name or, where the API names it so, by id. */
  topic(name: unknown, topicId: unknown): boolean
  partition(index: unknown): boolean
  group(groupId: unknown): boolean
  transactionalId(id: unknown): boolean
}

export interface Refused {
  errorCode: number
  errorMessage: string | null
  version: number
}

/** A request of which a part is refused. */
export interface Split {
  /** What remains to be acted on; undefined when nothing does. */
  rest: Message | undefined
  /** The whole answer, given the one to `rest`. */
  join(answer: Message | undefined): Message
}

export interface Placement {
  subjects: readonly Subject[]
  /** What the coordinator coordinates that the request is for. */
  coordinated?: Subject | null
  /** Splits off what is meant; undefined when nothing in the request is. */
  split(request: Message, refused: Refused, meant: Meant): Split | undefined
}

const list = (message: Message | undefined, field: string): unknown[] => (message?.[field] as unknown[] | null | undefined) ?? []

/** The error stands at the top of an answer that is `blank` otherwise. */
export function whole(blank: Message = {}): Placement {
  return {
    subjects: [],
    split: (request, { errorCode, errorMessage }) => ({
      rest: undefined,
      join: () => ({ key: request.key, ...blank, errorCode, errorMessage })
    })
  }
}

/** The elements that are meant, and the others: a list may be very long. */
function parted<T>(all: readonly T[], isMeant: (each: T) => boolean): [meant: T[], others: T[]] {
  const meant: T[] = []
  const others: T[] = []
  for (const each of all) (isMeant(each) ? meant : others).push(each)
  return [meant, others]
}

export interface ListPlaces {
  /** Fields of the request and of the answer that hold the list. */
  from: string
  to: string
  /** What an element is about, and how it is called. */
  subject?: Subject
  nameOf?: (element: Message) => unknown
  /** Fields of an element that is a mere name in the request. */
  named?: (name: unknown) => Message
  blank?: Message
}

/** The error stands in each element of a list that answers an element of the request's. */
export function elements({ blank, from, named = name => ({ name }), nameOf = each => each.name, subject, to }: ListPlaces): Placement {
  const fieldsOf = (element: unknown): Message => (typeof element === 'object' ? (element as Message) : named(element))
  const isMeant = (element: unknown, meant: Meant): boolean => {
    if (subject === undefined) return true
    const fields = fieldsOf(element)
    const name = typeof element === 'object' ? nameOf(fields) : element
    return subject === 'topic' ? meant.topic(name, fields.topicId) : meant[subject](name)
  }
  return {
    subjects: subject ? [subject] : [],
    coordinated: subject === 'topic' ? undefined : subject,
    split(request, { errorCode, errorMessage }, meant) {
      const [taken, left] = parted(list(request, from), each => isMeant(each, meant))
      if (taken.length === 0) return undefined
      const answers = taken.map(each => ({ ...fieldsOf(each), ...blank, errorCode, errorMessage }))
      return {
        rest: left.length > 0 ? { ...request, [from]: left } : undefined,
        join: answer => ({ ...answer, [to]: [...list(answer, to), ...answers] })
      }
    }
  }
}

export interface PartitionPlaces {
  /** Fields of the request and of the answer that hold the topics, and within these the partitions. */
  topics: readonly [from: string, to: string]
  partitions: readonly [from: string, to: string]
  /** Fields of a partition's number; in the request undefined where the element is the number itself. */
  index: readonly [from: string | undefined, to: string]
  /** Field of the error code. */
  code?: string
  blank?: Message
  /** Changes what remains to be acted on. */
  restWith?: Message
}

/** The error stands in each partition. */
export function partitions({ blank, code = 'errorCode', index, restWith, ...fields }: PartitionPlaces): Placement {
  const [topicsFrom, topicsTo] = fields.topics
  const [partitionsFrom, partitionsTo] = fields.partitions
  const indexOf = (partition: unknown) => (index[0] === undefined ? partition : (partition as Message)[index[0]])
  const nameOf = (topic: Message) => topic.name ?? topic.topic
  return {
    subjects: ['topic', 'partition'],
    split(request, { errorCode, errorMessage }, meant) {
      const rest: Message[] = []
      const refused: Message[] = []
      for (const topic of list(request, topicsFrom) as Message[]) {
        const asked = list(topic, partitionsFrom)
        const isMeant = meant.topic(nameOf(topic), topic.topicId)
        const [taken, left] = parted(asked, each => isMeant && meant.partition(indexOf(each)))
        const answers = taken.map(each => ({ ...blank, [index[1]]: indexOf(each), [code]: errorCode, errorMessage }))
        if (taken.length > 0) refused.push({ ...topic, [partitionsTo]: answers })
        if (left.length > 0) rest.push({ ...topic, [partitionsFrom]: left })
      }
      if (refused.length === 0) return undefined
      const join = (answer: Message | undefined): Message => {
        const topics = new Map<string, Message>()
        for (const topic of [...(list(answer, topicsTo) as Message[]), ...refused]) {
          const key = `${nameOf(topic)} ${topic.topicId}`
          const known = topics.get(key)
          topics.set(key, known ? { ...known, [partitionsTo]: [...list(known, partitionsTo), ...list(topic, partitionsTo)] } : topic)
        }
        return { errorCode: 0, ...answer, [topicsTo]: [...topics.values()] }
      }
      return { rest: rest.length > 0 ? { ...request, ...restWith, [topicsFrom]: rest } : undefined, join }
    }
  }
}

/** The request as a whole is about a group or a transactional id; its coordinator is asked unless another is or none. */
export function about(subject: 'group' | 'transactionalId', placement: Placement, coordinated: Subject | null = subject): Placement {
  const field = subject === 'group' ? 'groupId' : 'transactionalId'
  return {
    subjects: [subject, ...placement.subjects],
    coordinated,
    split: (request, refused, meant) => (meant[subject](request[field]) ? placement.split(request, refused, meant) : undefined)
  }
}

/** Chooses between two layouts at version `from`; it can be narrowed as both can. */
export function sinceVersion(from: number, before: Placement, after: Placement): Placement {
  return {
    subjects: before.subjects.filter(each => after.subjects.includes(each)),
    coordinated: before.coordinated,
    split: (request, refused, meant) => (refused.version < from ? before : after).split(request, refused, meant)
  }
}
