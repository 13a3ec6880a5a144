import type {
  ImportedConversation, ImportedCustomer, ImportedMember, ImportedMessage, WorkspaceImport,
} from '../../conversation/workspace-import.js'
import { systemTags, type ConversationStatus } from '../../conversation/records.js'
import { createDice, type Dice } from './dice.js'
import { sampleNames, sampleThreads, type SampleThread, type Voice } from './sample-threads.js'

export interface SampleSize {
  /** Positive integer, as text. */
  readonly id: string
  readonly name: string
  readonly members: readonly ImportedMember[]
  readonly customers: number
  readonly conversations: number
  /** Epoch milliseconds that count as now; everything happened in the 30 days before. */
  readonly at: number
  /** Makes one part of a large workspace: other people and other conversations for each `index`. */
  readonly part?: SamplePart
}

export interface SamplePart {
  /** From 0. */
  readonly index: number
  /** Messages of a conversation in the mean, which is met exactly by an even number of conversations. */
  readonly messages: number
}

/** More throws than a part of 500 conversations takes, so that no two parts hold the same ids. */
const throwsPerPart = 2_000_000

const minuteMs = 60_000
const dayMs = 86_400_000

/** Days between the making of a sample's workspace and its now. */
export const sampleDays = 60

const sources = ['telegram', 'telegram', 'instagram', 'instagram', 'unknown'] as const
const systemTag: Readonly<Record<string, string>> = { telegram: 'Telegram', instagram: 'Instagram' }

/** Makes a workspace to look at; the same size and time give the same one, ids included. */
export const sampleWorkspace = (size: SampleSize): WorkspaceImport => {
  const dice = createDice(Number(size.id) * 7_919, (size.part?.index ?? 0) * throwsPerPart)
  const bornAt = size.at - sampleDays * dayMs
  const tagNames = [...new Set(['Telegram', 'Instagram', 'VIP', 'New', ...sampleThreads.map(({ tag }) => tag)])]
  const owner = size.members.find(({ role }) => role === 'owner')?.userId
  const people = Array.from({ length: size.customers }, (_, index) => samplePerson(dice, index, size))
  const conversations = Array.from({ length: size.conversations }, (_, index) => sampleConversation(dice, index, people, size))
  return {
    id: size.id,
    name: size.name,
    createdAt: bornAt,
    members: size.members,
    tags: tagNames.map((name, index) => ({ name, createdAt: bornAt + index, createdBy: systemTags.has(name) ? undefined : owner })),
    customers: people.map(({ customer }) => customer),
    conversations,
  }
}

interface Person {
  readonly language: SampleThread['language']
  readonly customer: ImportedCustomer
}

const samplePerson = (dice: Dice, index: number, { at, customers, part }: SampleSize): Person => {
  const language = index % 2 === 0 ? 'en' : 'fa'
  const names = sampleNames[language]
  const [firstName, lastName, username] = names[Math.floor(index / 2) % names.length] ?? ['Sam', 'Sample', 'sam']
  const source = dice.pick(sources)
  const createdAt = at - (31 + dice.below(25)) * dayMs - dice.below(dayMs)
  const tags = [systemTag[source] ?? [], dice.chance(20) ? 'VIP' : [], dice.chance(25) ? 'New' : [], dice.pick(sampleThreads).tag].flat()
  return {
    language,
    customer: {
      firstName,
      lastName: dice.chance(90) ? lastName : undefined,
      username: source === 'unknown' ? undefined : username,
      email: dice.chance(60) ? `${username}@example.com` : undefined,
      phoneNumber: dice.chance(50) ? `+1 555 01${String(10 + dice.below(90))}` : dice.chance(50) ? '' : undefined,
      description: dice.chance(30) ? 'Prefers to be answered in the afternoon.' : undefined,
      source,
      sourceId: `sample-${String((part?.index ?? 0) * customers + index + 1)}`,
      profilePicture: undefined,
      tags: [...new Set(tags)],
      data: dice.chance(40) ? { city: language === 'fa' ? 'تهران' : 'Lisbon', orders: 1 + dice.below(12) } : {},
      createdAt,
      updatedAt: createdAt + dice.below(20) * dayMs,
    },
  }
}

const sampleConversation = (dice: Dice, index: number, people: readonly Person[], size: SampleSize): ImportedConversation => {
  const place = index < people.length ? index : dice.below(people.length)
  const person = people[place]
  if (person === undefined) throw new RangeError(`Cannot make a sample as "customers" must be positive: current value is ${String(size.customers)}`)
  const { customer, language } = person
  const thread = dice.pick(sampleThreads.filter((candidate) => candidate.language === language))
  const agents = size.members.filter(({ active }) => active).map(({ userId }) => userId)
  const turns = size.part === undefined ? thread.turns.slice(0, 1 + dice.below(thread.turns.length)) : longTalk(dice, thread, index, size.part)
  const endedAt = size.at - Math.floor((dice.below(10_000) / 10_000) ** 2 * 30 * dayMs) - dice.below(minuteMs)
  const gaps = turns.map(() => (1 + dice.below(9)) * minuteMs + dice.below(minuteMs))
  let messageAt = endedAt - gaps.reduce((sum, gap) => sum + gap, 0)
  const startedAt = messageAt
  const answeredUntil = turns.findLastIndex(([voice]) => voice !== 'c')
  const messages = turns.map(([voice, content], turn): ImportedMessage => {
    messageAt += gaps[turn] ?? 0
    return sampleMessage(dice, voice, content, messageAt, turn < answeredUntil || dice.chance(25), dice.pick(agents))
  })
  const writer = messages.findLast(({ author }) => author !== undefined)?.author
  const fullName = [customer.firstName, customer.lastName].filter((name) => name !== undefined).join(' ')
  const account = customer.username === undefined ? '' : ` (@${customer.username})`
  return {
    id: dice.id(),
    customer: place,
    title: `${customer.source} - ${fullName}${account} | ${customer.source}`.slice(0, 100),
    status: sampleStatus(dice, writer !== undefined),
    isActive: true,
    source: customer.source,
    priority: dice.chance(70) ? 1 : 1 + dice.below(4),
    assignee: writer,
    createdAt: startedAt,
    updatedAt: messageAt,
    messages,
  }
}

/** One talk after the other until there are enough turns: as many more in one conversation as there are fewer in the next. */
const longTalk = (dice: Dice, first: SampleThread, index: number, { messages, index: part }: SamplePart): SampleThread['turns'] => {
  const more = (Math.imul(index >> 1, 7) + part) % messages
  const count = index % 2 === 0 ? messages + more : messages - more
  const threads = sampleThreads.filter(({ language }) => language === first.language)
  const turns: (readonly [Voice, string])[] = [['c', `SP-${String(10_000 + dice.below(90_000))}`], ...first.turns]
  while (turns.length < count) turns.push(...dice.pick(threads).turns)
  return turns.slice(0, count)
}

const sampleStatus = (dice: Dice, answeredByPerson: boolean): ConversationStatus => {
  if (dice.chance(25)) return 'closed'
  if (answeredByPerson) return 'support_active'
  return dice.chance(10) ? 'marketing_active' : 'active'
}

const sampleMessage = (dice: Dice, voice: Voice, content: string, at: number, answered: boolean, agent: string): ImportedMessage => {
  const feedback = voice === 'ai' && dice.chance(30) ? (dice.chance(75) ? 'positive' : 'negative') : 'none'
  return {
    id: dice.id(),
    type: voice === 'c' ? 'customer' : voice === 'ai' ? 'AI' : 'support',
    author: voice === 's' ? agent : undefined,
    content,
    contentType: 'text',
    mediaUrl: undefined,
    isAnswered: voice === 'c' && answered,
    feedback,
    feedbackComment: feedback === 'negative' ? 'Too general' : '',
    feedbackAt: feedback === 'none' ? undefined : at + minuteMs,
    createdAt: at,
  }
}
