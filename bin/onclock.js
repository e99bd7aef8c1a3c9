#!/usr/bin/env node
// The `onclock` command. In a clone it builds `dist/` first when a source is newer; an installed package comes built.
import { ensureBuilt } from './build.js'

ensureBuilt()
await import('../dist/client/main.js')
