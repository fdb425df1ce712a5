// Which records come when, and to whom? Chapters of the suite against the embedded broker, in a file of their own to run beside the others.
import { embeddedSuite } from './mapping-suite'

embeddedSuite('offsets and order', 'pollers')
