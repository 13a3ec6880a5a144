/** Numbers are workspaces in SQLite; a name that is none belongs to nothing. */
export const workspaceKey = (workspace: string): number => (/^[1-9]\d{0,14}$/u.test(workspace) ? Number(workspace) : 0)
