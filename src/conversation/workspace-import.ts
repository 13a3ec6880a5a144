import type {
  ContentType, ConversationStatus, FeedbackValue, Member, MessageType, ProcessingStatus, Source,
} from './records.js'

/** A whole workspace as it comes from elsewhere: sample data, an export, an old database. */
export interface WorkspaceImport {
  readonly id: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly members: readonly ImportedMember[]
  readonly tags: readonly { readonly name: string; readonly createdAt: number; readonly createdBy: string | undefined }[]
  readonly customers: readonly ImportedCustomer[]
  readonly conversations: readonly ImportedConversation[]
}

export interface ImportedMember {
  readonly userId: string
  readonly email: string
  readonly username: string | undefined
  readonly firstName: string
  readonly lastName: string
  readonly role: Member['role']
  readonly active: boolean
}

export interface ImportedCustomer {
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  readonly username: string | undefined
  readonly email: string | undefined
  readonly phoneNumber: string | undefined
  readonly description: string | undefined
  readonly source: Source
  /** Unique by source in its workspace. */
  readonly sourceId: string | undefined
  readonly profilePicture: string | undefined
  /** Names of tags of the import. */
  readonly tags: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
  readonly createdAt: number
  readonly updatedAt: number
}

export interface ImportedConversation {
  readonly id: string
  /** Place of its customer in `customers`. */
  readonly customer: number
  readonly title: string
  readonly status: ConversationStatus
  readonly isActive: boolean
  readonly source: Source
  readonly priority: number
  readonly assignee: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
  /** In their order; `seq` is the place, beginning with 1. */
  readonly messages: readonly ImportedMessage[]
}

export interface ImportedMessage {
  readonly id: string
  readonly type: MessageType
  readonly author: string | undefined
  readonly content: string
  readonly contentType: ContentType
  readonly mediaUrl: string | undefined
  readonly mediaFile?: string | undefined
  readonly transcription?: string | undefined
  /** Default `completed`. */
  readonly processingStatus?: ProcessingStatus
  readonly isAnswered: boolean
  readonly feedback: FeedbackValue
  readonly feedbackComment: string
  readonly feedbackAt: number | undefined
  readonly createdAt: number
}

/** One part of a workspace too large for one transaction. Members and tags count in the first one, tags are the same in all of them. */
export interface WorkspacePart {
  /** Name of the whole import; the database remembers under it how far it came. */
  readonly name: string
  /** From 0 to `parts - 1`, in order. */
  readonly part: number
  readonly parts: number
  readonly workspace: WorkspaceImport
}

/** How far an import in parts came that has not ended. */
export interface UnfinishedImport {
  readonly name: string
  /** Parts that are stored whole. */
  readonly done: number
  /** `createdAt` of its workspace. */
  readonly createdAt: number
}

/** Takes workspaces in. */
export interface WorkspaceImports {
  /** Takes in one workspace with everything in it, in one transaction, or nothing when it is there already. */
  importWorkspace(workspace: WorkspaceImport): Promise<'imported' | 'exists'>
}
