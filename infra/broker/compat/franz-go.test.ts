// Does franz-go (Go module proxy) do unchanged what it does with Kafka? COMPAT_FRANZ_GO names the program that `go build` makes in franz-go/.
import { testScenarios } from './scenarios'

const { COMPAT_FRANZ_GO } = process.env
testScenarios('franz-go', COMPAT_FRANZ_GO ? { command: COMPAT_FRANZ_GO, args: [] } : undefined)
