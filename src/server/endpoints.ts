import type { EndpointRule } from '../admission/endpoint.js'
import type { Role } from '../admission/user.js'

/** What the old service took out of a list's URL. */
const paging: readonly string[] = ['page_size', 'page', 'limit', 'offset']

const members: readonly Role[] = ['owner', 'admin', 'agent']

/** What is served: the three endpoints of the old service, and one socket that subscribes by itself. */
export const serverEndpoints: readonly EndpointRule[] = [
  { name: 'customers', path: '/ws/customers/', roles: members, parameters: paging },
  { name: 'conversations', path: '/ws/conversations/', roles: members, parameters: paging },
  { name: 'chat', path: '/ws/chat/:conversation/', roles: members },
  { name: 'root', path: '/ws/', roles: members },
]
