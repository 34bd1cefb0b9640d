/** The thread of compiler.ts: an input in, its output out, one after the other. */
'use strict'
const { parentPort } = require('node:worker_threads')
const solc = require('./solc.cjs').load()

parentPort.on('message', (input) => parentPort.postMessage(solc.compile(input)))
