#!/usr/bin/env node
// The `bss` command: the same way in as every npm script, so that it too runs on Node 24 and on a bare checkout.
import { run } from '../bootstrap.mjs'

run('bss', process.argv.slice(2))
