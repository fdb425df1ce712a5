// What becomes of records that fail? Chapters of the suite against the embedded broker, in a file of their own to run beside the others.
import { embeddedSuite } from './mapping-suite'

embeddedSuite('failure', 'partial batch responses', 'destinations')
