/** What the port asks, with the workspace as the number it is here. */
export type Numbered<Ask> = Omit<Ask, 'workspace'> & { readonly workspace: number }
