// What is one Kafka API? Its key, the versions spoken here, and the codecs of its request and response.
import type { Codec } from './codec'

export interface Api<Request = unknown, RequestIn = Request, Response = unknown, ResponseIn = Response> {
  name: string
  key: number
  /** The lowest and the highest version spoken, both advertised. */
  min: number
  max: number
  /** The first version with compact lengths and tagged fields (KIP-482). */
  flexibleFrom: number
  request: Codec<Request, RequestIn>
  response: Codec<Response, ResponseIn>
}

// biome-ignore lint/suspicious/noExplicitAny: stands for an API of any message
export type AnyApi = Api<any, any, any, any>

/** The decoded request of an API. */
export type RequestOf<A extends AnyApi> = A extends { request: Codec<infer Out, infer _> } ? Out : never
/** What `encodeRequest` takes: fields with a default may be left out. */
export type RequestInput<A extends AnyApi> = A extends { request: Codec<infer _, infer In> } ? In : never
/** The decoded response of an API. */
export type ResponseOf<A extends AnyApi> = A extends { response: Codec<infer Out, infer _> } ? Out : never
/** What `encodeResponse` takes: fields with a default may be left out. */
export type ResponseInput<A extends AnyApi> = A extends { response: Codec<infer _, infer In> } ? In : never

/** Declares an API; only there so that the message types are inferred. */
export function api<Request, RequestIn, Response, ResponseIn>(
  definition: Api<Request, RequestIn, Response, ResponseIn>
): Api<Request, RequestIn, Response, ResponseIn> {
  return definition
}
