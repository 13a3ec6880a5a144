import { systemTags, type Customer, type Tag } from './records.js'
import { storableText } from './storable-text.js'
import type { CustomerFields } from './upkeep.js'

const chosen = (asked: string | null | undefined, now: string | undefined): string | undefined =>
  asked === undefined ? now : asked === null ? undefined : storableText(asked)

/**
 * A customer as a change wants him.
 *
 * @param tags - The tags he is to wear besides those that connectors set; `undefined` leaves them.
 * @returns `undefined` when he is so already.
 */
export const changedCustomer = (customer: Customer, fields: CustomerFields, tags: readonly Tag[] | undefined, at: number): Customer | undefined => {
  const kept = customer.tags.filter(({ name }) => systemTags.has(name))
  const worn = tags === undefined ? customer.tags : [...kept, ...tags].toSorted((a, b) => a.id - b.id)
  const wanted: Customer = {
    ...customer,
    firstName: chosen(fields.firstName, customer.firstName),
    lastName: chosen(fields.lastName, customer.lastName),
    username: chosen(fields.username, customer.username),
    email: chosen(fields.email, customer.email),
    phoneNumber: chosen(fields.phoneNumber, customer.phoneNumber),
    description: chosen(fields.description, customer.description),
    tags: worn,
  }
  return changedFields(customer, wanted).length === 0 ? undefined : { ...wanted, updatedAt: Math.max(customer.updatedAt, at) }
}

const fieldNames = ['firstName', 'lastName', 'username', 'email', 'phoneNumber', 'description'] as const

/** What is different, by name and without what it says. */
export const changedFields = (before: Customer, after: Customer): readonly string[] => {
  const tags = (customer: Customer): string => customer.tags.map(({ id }) => id).join(',')
  return [...fieldNames.filter((name) => before[name] !== after[name]), ...(tags(before) === tags(after) ? [] : ['tags'])]
}

/** Tag names as they are kept: each once, without those that only connectors set. */
export const ownTagNames = (names: readonly string[]): readonly string[] => [...new Set(names.map(storableText))].filter((name) => !systemTags.has(name))
