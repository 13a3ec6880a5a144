// Loaded into a server under test: collects garbage at SIGUSR2, so that memory can be compared without what merely waits for its collection.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
// Node 22 and 24 keep pages they emptied for the next that are needed, tens of MiB after a rush, until memory is short or the loop has been calm for seconds: the last resort gives them back as well. Node 20 keeps none, and knows no flavor.
process.on('SIGUSR2', () => {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
})
