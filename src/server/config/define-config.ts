import type { Config } from './config.js'

type Input<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: Input<T[K]> } : T

/** What a `sallyport.config.js` may export: any part of the configuration, in its own shape. */
export type ConfigInput = Omit<Input<Config>, 'storage' | 'tokens'> & {
  readonly storage?: { readonly url?: string }
  readonly tokens?: Input<Config['tokens']> & {
    readonly profile?: string
    readonly algorithms?: readonly string[]
    readonly secret?: string
    readonly issuer?: string
    readonly audience?: readonly string[]
    readonly keys?: readonly object[]
    readonly allowShortSecretUntil?: string
    readonly lifetimeMs?: number
  }
}

/**
 * Returns its argument; exists so that an editor knows the keys. Checks nothing: `loadConfig` does.
 *
 * @example
 * export default defineConfig({ listen: { port: 4400 }, origins: ['https://chat.example'] })
 */
export const defineConfig = (config: ConfigInput): ConfigInput => config
