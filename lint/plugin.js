import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { browserRooms, ownersOfModules, rooms, roomsOpenToTests } from './rooms.js'

const longestFirst = Object.keys(rooms).toSorted((a, b) => b.length - a.length)

const isInside = (file, folder) => file.startsWith(`${folder}/`)
const isTest = (file) => /\.test\.tsx?$|\/testing\//.test(file)

/** The room a file lies in, or undefined outside of all rooms. */
const roomOf = (file) => longestFirst.find((folder) => isInside(file, folder))

/** `worker_threads`, `node:worker_threads` and `node:fs/promises` in one spelling; `pg/lib/x` as `pg`. */
const packageOf = (specifier) => {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier
  const top = name.split('/', name.startsWith('@') ? 2 : 1).join('/')
  return builtinModules.includes(top) || specifier.startsWith('node:') ? `node:${top}` : top
}

/**
 * Calls `visit` for every module a file names, however it does so: `import`, `import type`, `export from`, `import()`, `import('x').T`,
 * `require()`, and `new URL('./worker.js', import.meta.url)`, which is how workers are named.
 */
const everyModule = (visit) => {
  const literal = (node) => {
    if (typeof node?.value === 'string') visit(node, node.value)
  }
  return {
    ImportDeclaration: (node) => literal(node.source),
    ExportNamedDeclaration: (node) => literal(node.source),
    ExportAllDeclaration: (node) => literal(node.source),
    ImportExpression: (node) => literal(node.source),
    TSImportType: (node) => literal(node.source ?? node.argument),
    TSExternalModuleReference: (node) => literal(node.expression),
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') literal(node.arguments[0])
    },
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'URL' && node.arguments[1]?.type === 'MemberExpression') {
        literal(node.arguments[0])
      }
    },
  }
}

const fileOf = (context) => relative(context.cwd, context.filename).split(sep).join('/')

const roomDirection = {
  create(context) {
    const file = fileOf(context)
    const room = roomOf(file)
    if (room === undefined) return {}
    const open = [room, ...rooms[room], ...(isTest(file) ? roomsOpenToTests : [])]
    return everyModule((node, specifier) => {
      if (!specifier.startsWith('.')) return
      const other = roomOf(join(dirname(file), specifier).split(sep).join('/'))
      if (other === undefined || open.includes(other)) return
      const list = rooms[room].length === 0 ? 'nothing but itself' : rooms[room].join(', ')
      context.report({ node, message: `"${room}" must not import "${other}": it may import ${list}. Declare a port here and let "${other}" fulfil it.` })
    })
  },
}

const moduleOwner = {
  create(context) {
    const file = fileOf(context)
    return everyModule((node, specifier) => {
      if (specifier.startsWith('.')) return
      const name = packageOf(specifier)
      const owners = Object.hasOwn(ownersOfModules, name) ? ownersOfModules[name] : undefined
      if (owners === undefined || owners.some((owner) => isInside(file, owner))) return
      const place = owners.length === 0 ? 'in no room' : `only in ${owners.join(', ')}`
      context.report({ node, message: `"${specifier}" can block the event loop and is allowed ${place}: use the port, or \`offload\`.` })
    })
  },
}

const browserSafe = {
  create(context) {
    const room = roomOf(fileOf(context))
    if (room === undefined || !browserRooms.includes(room) || isTest(fileOf(context))) return {}
    return everyModule((node, specifier) => {
      if (specifier.startsWith('.') || !packageOf(specifier).startsWith('node:')) return
      context.report({ node, message: `"${room}" runs in browsers too and must not import "${specifier}".` })
    })
  },
}

const isSyncName = (name) => typeof name === 'string' && name.endsWith('Sync')

/** `node/no-sync` sees calls; this sees a blocking function change its name or be handed on, after which no call would show it. */
const noSyncAlias = {
  create(context) {
    const check = (node) => {
      const name = node?.type === 'MemberExpression' ? node.property.name : node?.name
      if (isSyncName(name)) context.report({ node, message: `"${name}" blocks the event loop, under any name: use its asynchronous twin.` })
    }
    return {
      ImportSpecifier: (node) => {
        if (node.local.name !== node.imported.name) check(node.imported)
      },
      ExportSpecifier: (node) => check(node.local),
      VariableDeclarator: (node) => {
        check(node.init)
        if (node.id.type !== 'ObjectPattern') return
        for (const part of node.id.properties) if (part.type === 'Property') check(part.key)
      },
      CallExpression: (node) => node.arguments.forEach(check),
      NewExpression: (node) => node.arguments.forEach(check),
      Property: (node) => {
        if (node.parent.type === 'ObjectExpression') check(node.value)
      },
    }
  },
}

export default {
  meta: { name: 'sallyport' },
  rules: {
    'room-direction': roomDirection,
    'module-owner': moduleOwner,
    'browser-safe': browserSafe,
    'no-sync-alias': noSyncAlias,
  },
}
