// What does a function get, and from where on? Chapters of the suite against the embedded broker, in a file of their own to run beside the others.
import { embeddedSuite } from './mapping-suite'

embeddedSuite('events', 'batching', 'filters', 'starting position and group', 'trouble')
