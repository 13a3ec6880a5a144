import { access } from 'node:fs/promises'

/** Whether something stands at a path, as far as this process may see. */
export const fileExists = async (path: string): Promise<boolean> => {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
