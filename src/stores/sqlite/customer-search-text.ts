import type { Customer } from '../../conversation/records.js'
import { searchText } from '../../conversation/search-text.js'

type Names = Pick<Customer, 'firstName' | 'lastName' | 'username' | 'email' | 'phoneNumber'>

/** What a customer is found by, one to a line: a search never reaches from one into the next. */
export const customerSearchText = ({ firstName, lastName, username, email, phoneNumber }: Names): string =>
  [firstName, lastName, username, email, phoneNumber]
    .filter((text) => text !== undefined && text !== '')
    .map((text) => searchText(text ?? ''))
    .join('\n')
