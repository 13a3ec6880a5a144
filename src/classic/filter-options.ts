import type { FilterValues } from '../conversation/lists.js'
import { stamp } from './frames.js'

interface Option {
  readonly value: string
  readonly label: string
}

const conversationOrders: readonly Option[] = [
  { value: '-updated_at', label: 'Recently Updated' },
  { value: '-created_at', label: 'Recently Created' },
  { value: 'created_at', label: 'Oldest First' },
  { value: 'title', label: 'Title A-Z' },
  { value: '-title', label: 'Title Z-A' },
  { value: 'status', label: 'Status A-Z' },
  { value: 'priority', label: 'Priority A-Z' },
]

const customerOrders: readonly Option[] = [
  { value: '-updated_at', label: 'Recently Updated' },
  { value: '-created_at', label: 'Recently Created' },
  { value: 'created_at', label: 'Oldest First' },
  { value: 'first_name', label: 'Name A-Z' },
  { value: '-first_name', label: 'Name Z-A' },
]

const yesNoAll = (yes: string, no: string): readonly Option[] => [
  { value: 'true', label: yes },
  { value: 'false', label: no },
  { value: 'all', label: 'All' },
]

const namesOf = (values: FilterValues): readonly string[] => [...new Set(values.tags.map(({ name }) => name))]

/** Nothing to choose from: what is answered when the store is away. */
export const noValues: FilterValues = { statuses: [], conversationSources: [], customerSources: [], priorities: [], tags: [] }

/** Answers `get_conversation_filter_options`. */
export const conversationOptions = (values: FilterValues, at: number): object => ({
  type: 'conversation_filter_options',
  options: {
    statuses: values.statuses,
    sources: values.conversationSources,
    priorities: values.priorities,
    tags: namesOf(values),
    order_options: conversationOrders,
  },
  timestamp: stamp(at),
})

/** Answers `get_filter_options`. */
export const customerOptions = (values: FilterValues, at: number): object => ({
  type: 'filter_options',
  options: {
    sources: values.customerSources.slice(0, 10),
    tags: namesOf(values).slice(0, 20),
    conversation_statuses: values.statuses.slice(0, 10),
    has_email_options: yesNoAll('Has Email', 'No Email'),
    has_phone_options: yesNoAll('Has Phone', 'No Phone'),
    has_unread_options: yesNoAll('Has Unread Messages', 'No Unread Messages'),
    order_options: customerOrders,
  },
  timestamp: stamp(at),
})
